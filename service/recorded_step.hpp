#pragma once

#include "service/turn.hpp"
#include "statemachine/definition.hpp"
#include "statemachine/interpreter.hpp"

#include <optional>
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
};

/// {"event"? {"type","data"}, "heard"?, "received", "now", "seed", "outside"?, "call"? (a tool has ended),
/// "cancelled"? true, "turn"? (where the log's entry names none: the turn is parked), "first"? (of the turn's
/// events, where they began in an earlier commit), "left"? (turns that waited when the machine came to its
/// end)}. Of the outside only the values at the machine's `outside_paths` are kept.
json record_step(const statemachine::definition& machine, const session_state& before, const happening& what,
                 const statemachine::step_inputs& inputs, const turn_result& result);

/// The `first` of a stored step; nothing when there is none.
std::optional<std::uint64_t> first_event_of_turn(std::string_view stored);

/// Nothing when the text is no step: entries that no step has made, and those from before steps were
/// recorded.
std::optional<recorded_step> restore_step(turn_id turn, std::string_view stored);

} // namespace rejoinder::service
