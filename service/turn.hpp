#pragma once

#include "context/turn_context.hpp"
#include "persistence/ids.hpp"
#include "service/session_state.hpp"
#include "statemachine/interpreter.hpp"
#include "websocket/protocol/frames.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::service {

/// What happens to a session: a turn of a client, or (with an empty turn id) its creation or a device's
/// report.
struct happening {
    turn_id turn;
    std::optional<statemachine::event> event; ///< nothing: the machine is started
    std::string heard;                        ///< what the user said, for the conversation; empty: nothing
    utc_time received{};
};

/// What a happening comes to, computed but not yet committed. Throwing it away leaves the session as it was.
struct turn_result {
    session_state next;
    std::vector<websocket::protocol::event> events; ///< numbered from the head on
    std::string status;                             ///< of a turn: done or failed
    json outcome = json::object();                  ///< what a retry of the turn is told
    json messages;
    std::map<std::string, std::optional<json>> user_data;
    std::vector<context::shown> shown; ///< what the machine showed, without the session's own events
    bool ended = false;                ///< the machine reached its end
    std::vector<json> noted;           ///< what the machine says to the operator
    std::string failed_at;             ///< JSON Pointer of the place in the machine where a step failed
};

/// Makes one step. Pure: the same state, happening, inputs and head give the same result.
/// A step that fails is a turn that failed: the state stays, the outcome says why.
turn_result take_turn(const statemachine::definition& machine, const session_state& before,
                      const happening& what, const statemachine::step_inputs& inputs, std::uint64_t head);

/// A turn that could not be made: the state stays, the conversation keeps what was heard, the outcome says
/// why.
turn_result fail_turn(const session_state& before, const happening& what, utc_time now, std::uint64_t head,
                      std::string code, std::string message);

} // namespace rejoinder::service
