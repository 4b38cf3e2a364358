#pragma once

#include "context/turn_context.hpp"
#include "persistence/ids.hpp"
#include "service/session_state.hpp"
#include "statemachine/interpreter.hpp"
#include "websocket/protocol/frames.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::service {

/// What happens to a session.
struct happening {
    enum class kind {
        begins,     ///< a turn of a client, or (with an empty turn id) the session's creation or a device's
                    ///< report
        tool_ended, ///< `call` has come to an end, well or not
        cancelled   ///< the turn, which is parked, shall end now
    };
    turn_id turn;                             ///< that this belongs to; of a tool, the one that opened it
    std::optional<statemachine::event> event; ///< nothing: the machine is started, or the turn cancelled
    std::string heard;                        ///< what the user said, for the conversation; empty: nothing
    utc_time received{};
    kind how = kind::begins;
    std::string call{}; ///< of `tool_ended`
};

/// How a tool ended, as the machine hears of it: `tool.<name>.done` with {"call","name","data"}, or
/// `tool.<name>.failed` with {"call","name","code","data"}.
happening tool_done(const open_tool& tool, json data, utc_time now);
happening tool_failed(const open_tool& tool, std::string code, json data, utc_time now);

/// The end of a parked turn that nobody wants any more.
happening cancellation(turn_id turn, utc_time now);

/// What a happening comes to, computed but not yet committed. Throwing it away leaves the session as it was.
struct turn_result {
    session_state next;
    std::vector<websocket::protocol::event> events; ///< numbered from the head on
    std::string status;                             ///< of a turn: done, failed, cancelled, or parked
    json outcome = json::object();                  ///< what a retry of the turn is told
    json messages;
    std::map<std::string, std::optional<json>> user_data;
    std::vector<context::shown> shown; ///< what the machine showed, without the session's own events
    bool ended = false;                ///< the machine reached its end
    std::vector<json> noted;           ///< what the machine says to the operator
    std::string failed_at;             ///< JSON Pointer of the place in the machine where a step failed
};

/// Makes one step. Pure: the same state, happening, inputs and head give the same result.
/// A step that fails is a turn that failed: the state stays, the outcome says why. A turn that has opened
/// tools is parked until the last of them has ended. Each tool of a cancelled turn fails with the code
/// `cancelled`, so that the machine finds its way; what it opens then is not handed out.
turn_result take_turn(const statemachine::definition& machine, const session_state& before,
                      const happening& what, const statemachine::step_inputs& inputs, std::uint64_t head);

/// What is said of turns that a session leaves behind when it ends.
json outcome_of_ended_session();
/// Calls `say` with each turn that is open and that outcome.
void fail_open_turns(const open_work& work, const std::function<void(const turn_id&, json)>& say);

/// A turn that could not be made: the state stays, the conversation keeps what was heard, the outcome says
/// why.
turn_result fail_turn(const session_state& before, const happening& what, utc_time now, std::uint64_t head,
                      std::string code, std::string message);

} // namespace rejoinder::service
