#pragma once

#include "persistence/json.hpp"
#include "statemachine/policies.hpp"
#include "statemachine/skill/skill.hpp"
#include "statemachine/timers.hpp"
#include "statemachine/utterance.hpp"
#include "statemachine/value.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

class execution;

/// What a document becomes: states by number, functions instead of names, and for every transition the states
/// that it leaves and enters, worked out once, unless a history state decides them. A step looks up nothing
/// but the event's type.
using state_index = std::uint32_t;
inline constexpr state_index no_state = std::numeric_limits<state_index>::max();

using guard_function = std::function<bool(const execution&)>;
using action_function = std::function<void(execution&)>;

struct guard {
    guard_function holds; // empty: always
    std::string pointer;
};

/// Whether running it may change what an `always` guard reads of the context.
enum class touches { outside, context };

struct action {
    action_function run;
    std::string pointer;
    touches what = touches::outside;
};
using actions = std::vector<action>;

/// Entered on the way to a target further down, or as a target whose own initial state is entered next. Only
/// the latter runs the actions of `initial`.
struct entry {
    state_index state;
    enum class way { passing, by_default } how;
};

/// What a transition leaves and enters.
struct route {
    state_index domain = no_state; // what is active below it is left; no_state: the root is left, too
    std::vector<entry> entries;    // in the document's order
};

struct transition {
    state_index source = no_state;
    std::vector<state_index> targets; // none: nothing is left or entered
    bool reenter = false;
    bool remembers = false; // a history state lies on the way: what it remembers decides the route
    route way;              // of one that remembers: the way where nothing is remembered
    guard when;
    actions run;
    std::string pointer;
};

/// The transitions for one event descriptor, in the order in which they are tried.
struct handler {
    enum class kind { exact, prefix, any } how = kind::exact;
    std::string descriptor; // without `.*`
    std::vector<transition> candidates;

    bool accepts(std::string_view event_type) const noexcept;
};

/// An event that a state sends itself while it is active, a while after it was entered.
struct delayed {
    std::string event; // also the timer's id
    milliseconds delay{};
    timer_policy policy = timer_policy::deadline;
    std::string pointer;
};

/// An actor that works for a state while that is active.
struct invocation {
    std::string id;
    std::string source;
    std::optional<value> input;
    std::string pointer;
};

enum class state_kind { atomic, compound, parallel, final, shallow_history, deep_history };

struct state {
    std::string key;
    std::string id;
    std::string path;    // dotted keys below the root; empty: the root
    std::string pointer; // in the document
    state_kind kind = state_kind::atomic;
    state_index parent = no_state;
    state_index end = 0;               // one behind the last state inside
    std::vector<state_index> children; // without history states
    std::vector<state_index> memories; // the history states among its own
    state_index initial = no_state;
    std::vector<state_index> fallback; // of a history state: where it leads while it remembers nothing
    actions on_initial;
    actions on_entry;
    actions on_exit;
    std::vector<delayed> after;
    std::vector<invocation> invokes;
    std::vector<handler> handlers; // exact ones, then prefixes from long to short, then `*`
    std::vector<transition> always;
    std::vector<std::string> tags;
    std::optional<overlap> overlapping; // absent: as the state around it
    std::optional<value> output;

    /// Whether it is active by itself, without a state inside.
    bool is_leaf() const noexcept { return kind == state_kind::atomic || kind == state_kind::final; }
    bool is_history() const noexcept {
        return kind == state_kind::shallow_history || kind == state_kind::deep_history;
    }
};

/// A phrase or pattern that stands for a wish of the user's.
struct intent {
    std::string name;
    utterance_pattern said;
};

/// How sessions go over from one version of the machine to a later one. Paths are dotted, below the root; of
/// those that lead to a state or around it the longest counts. What is not mentioned stays where it is.
struct migration_step {
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::map<std::string, std::string, std::less<>> renamed;
    std::map<std::string, std::string, std::less<>> dropped; // to where their sessions go on
    actions context;                                         // upgrade the context
};

struct compiled_machine {
    std::string id;
    std::int64_t version = 0;
    std::string hash;
    json meta;
    std::string context; // initial; text, so that sessions on several threads share no parsed value
    std::vector<intent> intents;
    statemachine::takeover takeover = statemachine::takeover::newest;
    std::vector<std::string> outside_paths;
    std::vector<state> states; // in the document's order: the root first, parents before their children
    std::vector<entry> start;  // entered first
    bool has_always = false;   // in any state
    std::vector<skill> skills; // those that its states invoke, in all versions that are installed
    std::vector<migration_step> migrations; // no two of them from one version
    migration_policy migrating = migration_policy::migrate;

    /// Whether `ancestor` is the state or contains it; `no_state` contains everything.
    bool is_within(state_index which, state_index ancestor) const noexcept;

    /// Whether both can be active at a time, neither in the other: they lie in different regions. A history
    /// state stands for what is around it.
    bool are_together(state_index a, state_index b) const noexcept;

    /// The state, history states among them, of that key directly inside another; none when there is none.
    state_index find_child(state_index of, std::string_view key) const noexcept;

    /// The newest of that name, or the one of a version; null when there is none.
    const skill* find_skill(std::string_view name) const noexcept;
    const skill* find_skill(std::string_view name, std::int64_t which) const noexcept;

    /// The state of that dotted path, empty for the root; none when there is none.
    state_index find_path(std::string_view path) const noexcept;

    /// The first intent that the text matches; empty when none.
    std::string_view match_intent(std::string_view text) const;
};

} // namespace rejoinder::statemachine
