#pragma once

#include "service/turn.hpp"
#include "service/version_change.hpp"
#include "statemachine/definition.hpp"
#include "statemachine/interpreter.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// A step as the log keeps it beside its turn: with the session's state before it, the machine and the log's
/// head, everything that `take_turn` needs to make it again with the same result. It is there for whoever
/// replays or exports a stored session (`database::read_history` gives the entries); serving one needs none
/// of it.
struct recorded_step {
    happening what; ///< its turn's id is a member of the log's entry
    statemachine::step_inputs inputs;
    std::vector<turn_id> left; ///< turns that waited when the machine came to its end
    /// Set: the session went over to another version of its machine, and `what` says nothing.
    std::optional<version_change> change;
};

/// {"event"? {"type","data"}, "heard"? (true: the event's text), "received", "now", "seed", "outside"?,
/// "call"? (a tool has ended), "cancelled"? true, "turn"? (where the log's entry names none: the turn is
/// parked), "first"? (of the turn's events, where they began in an earlier commit), "left"? (turns that
/// waited when the machine came to its end)}. Of the outside only the values at the machine's `outside_paths`
/// are kept.
std::string record_step(const statemachine::definition& machine, const session_state& before,
                        const happening& what, const statemachine::step_inputs& inputs,
                        const turn_result& result);

/// The same for a session that goes over to another version: {"received" (when it was stopped), "now",
/// "seed", "outside"?, "first"? (of the turn that it has brought to its end), "migrated": {"from", "hash",
/// "how" (`migrates` or `restarts`), "state", "ended"?}}. It needs no state before it, which it holds.
json record_change(const statemachine::definition& machine, const version_change& what,
                   const statemachine::step_inputs& inputs, std::uint64_t first);

/// The change of version of a stored step; nothing when it is none.
std::optional<version_change> version_change_in(std::string_view stored);

/// The `first` of a stored step; nothing when there is none.
std::optional<std::uint64_t> first_event_of_turn(std::string_view stored);

/// Nothing when the text is no step: entries that no step has made, and those from before steps were
/// recorded.
std::optional<recorded_step> restore_step(turn_id turn, std::string_view stored);

} // namespace rejoinder::service
