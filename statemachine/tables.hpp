#pragma once

#include "persistence/json.hpp"
#include "statemachine/policies.hpp"
#include "statemachine/utterance.hpp"
#include "statemachine/value.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

class execution;

/// What a document becomes: states by number, functions instead of names, and for every transition the states
/// that it leaves and enters, worked out once. A step looks up nothing but the event's type.
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

struct transition {
    state_index source = no_state;
    state_index target = no_state; // no_state: nothing is left or entered
    state_index domain = no_state; // what is active below it is left; no_state: the root is left, too
    std::vector<entry> entries;
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

/// Parallel and history states are further kinds: with them a configuration is a set of states, no longer one
/// chain.
enum class state_kind { atomic, compound, final };

struct state {
    std::string key;
    std::string id;
    std::string path;    // dotted keys below the root; empty: the root
    std::string pointer; // in the document
    state_kind kind = state_kind::atomic;
    state_index parent = no_state;
    std::vector<state_index> children;
    state_index initial = no_state;
    actions on_initial;
    actions on_entry;
    actions on_exit;
    std::vector<handler> handlers; // exact ones, then prefixes from long to short, then `*`
    std::vector<transition> always;
    std::vector<std::string> tags;
    std::optional<overlap> overlapping; // absent: as the state around it
    std::optional<value> output;
};

/// A phrase or pattern that stands for a wish of the user's.
struct intent {
    std::string name;
    utterance_pattern said;
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
    std::vector<state> states; // the root first, parents before their children
    std::vector<entry> start;  // entered first

    /// Whether `ancestor` is the state or contains it.
    bool is_within(state_index which, state_index ancestor) const noexcept;

    /// The first intent that the text matches; empty when none.
    std::string_view match_intent(std::string_view text) const;
};

} // namespace rejoinder::statemachine
