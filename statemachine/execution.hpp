#pragma once

#include "statemachine/interpreter.hpp"
#include "statemachine/skill/skill_actors.hpp"
#include "statemachine/tables.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

/// One step while it is being made: what guards and actions see of the world and what they do to it. Guards
/// get it const. It is made of the snapshot that the step begins with, and is thrown away with it when the
/// step can't be made.
///
/// The first thing that goes wrong is kept and everything after it is without effect, so that guards, values
/// and templates need no way back through their callers: the interpreter looks at `error` and gives up the
/// step.
class execution {
public:
    /// Bytes of values that a step may read, make and show, all together.
    static constexpr std::size_t max_data = 1024 * 1024;
    /// Nested arrays and objects in a value that is copied.
    static constexpr int max_depth = 64;

    /// Takes the snapshot apart, but for its history.
    execution(const compiled_machine& machine, snapshot&& from, const step_inputs& inputs);

    // Reading. A reference lives until the next call of a member. Of the outside there is what the machine
    // reads (`definition::outside_paths`): a function of a program's own says so by `parameters::reads`.
    const json& read(const reference& where) const;
    std::string_view event_type() const noexcept { return event_type_; }
    utc_time now() const noexcept { return inputs_.now; }

    /// The wish behind the current event: the name of an `intent.<name>`, or what the text of a `turn.text`
    /// matches; empty when none.
    std::string_view intent() const;
    bool is_in(state_index which) const noexcept;

    /// Counts bytes against `max_data`.
    void charge(std::size_t bytes) const;
    /// The value, counted; null when it is too much.
    json charged(const json& value) const;

    /// Notes why the step cannot be made. The first reason stays.
    void fail(std::string code, std::string message) const;
    const std::optional<step_error>& error() const noexcept { return error_; }

    // Changing.
    void write(const std::string& context_pointer, json&& value);
    void erase(const std::string& context_pointer);
    void show(std::string kind, json data);
    /// `skill`: whose work it is, as `running_skill::work_id` names it; empty: the machine's.
    void open_tool(std::string name, json args, milliseconds timeout, std::string skill = {});
    void remember(const std::string& key, json value);
    void forget(const std::string& key);
    /// Records of the user's change, as whoever they belong to understands it: once a step. What is kept
    /// later takes the place of what was, so whoever may have done so before looks at `kept`.
    void keep(std::string whose, json changes);
    /// What the step keeps so far of theirs; null: nothing.
    const json& kept(std::string_view whose) const noexcept;
    /// A place for what the actions of one step have to know of each other; null at first, gone with the
    /// step.
    json& aside(const std::string& whose) { return asides_[whose]; }
    void log(std::string text);
    void raise(event what);
    void start_timer(std::string id, event what, milliseconds length, timer_policy policy);
    void stop_timer(std::string_view id);
    /// For a timer that has no name of its own.
    std::string unused_timer_id() const;
    void invoke(const invocation& what);
    void stop(const invocation& what);
    void send(std::string actor, event what);
    /// Work outside that is no state's own: a skill's.
    void open_call(std::string id, std::string source, json input);
    void drop_call(std::string id);

    /// An index below `count` (not 0), from the step's seed.
    std::size_t draw(std::size_t count);

    // For the interpreter, between actions.
    void receive(const event& what);
    event current_event() const { return {event_type_, whole_event()}; }
    void at(const std::string& document_pointer) const noexcept { place_ = &document_pointer; }
    std::optional<event> next_raised();
    std::uint64_t changes() const noexcept { return changes_; }

    /// Notes that the machine is not what it was.
    void change() noexcept { ++changes_; }

    /// Takes what the step has made of the machine, with all states that are active, and wants done.
    snapshot take_snapshot() &&;
    std::vector<effect> take_effects() && { return std::move(effects_); }

    skill_actors& skills() noexcept { return skills_; }

    std::vector<state_index> active; ///< all active states, in the document's order; at first the leaves

private:
    const json& whole_event() const;
    const json& read_user(const std::string& below) const;
    json& changed_user();
    void want(effect what);

    const compiled_machine& machine_;
    const step_inputs& inputs_;
    context::context_value context_;
    std::vector<timer> timers_;
    skill_actors skills_;
    std::uint64_t changes_ = 0; // of what an `always` guard may look at
    json now_;
    std::optional<json> user_; // what the step has made of the outside's `user`; absent: nothing yet
    std::uint64_t random_;
    std::vector<effect> effects_;
    std::map<std::string, json> asides_;
    std::vector<event> raised_; // those in front of `heard_` were heard
    std::size_t heard_ = 0;

    std::string event_type_;
    mutable json event_; // null: nothing but its type; that is a member once somebody has read of the event
    mutable bool knows_type_ = false;
    mutable std::optional<std::string> intent_; // of the current event, once somebody asked

    mutable json whole_context_;
    mutable std::size_t data_ = 0;
    mutable std::optional<step_error> error_;
    mutable const std::string* place_ = nullptr;
};

} // namespace rejoinder::statemachine
