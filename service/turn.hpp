#pragma once

#include "context/turn_context.hpp"
#include "persistence/change_set.hpp"
#include "persistence/ids.hpp"
#include "service/responder.hpp"
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
        begins,      ///< a turn of a client, or (with an empty turn id) the session's creation or a device's
                     ///< report
        tool_ended,  ///< `call`, a tool, has come to an end, well or not
        call_ended,  ///< `call`, an actor of the machine, has come to an end, well or not
        timer_fired, ///< `timer` of the machine is due
        resumed,     ///< no server ran from `received` on: timers go on as their policies say
        migrated,    ///< the machine has come to another version, in which `actors` of it begin
        cancelled    ///< the turn, which is parked, shall end now
    };
    turn_id turn;                             ///< that this belongs to; of a tool, the one that opened it
    std::optional<statemachine::event> event; ///< nothing: the machine is started, or the turn cancelled
    std::string heard;                        ///< what the user said, for the conversation; empty: nothing
    utc_time received{};
    kind how = kind::begins;
    std::string call{};                ///< of `tool_ended` and `call_ended`
    std::string timer{};               ///< of `timer_fired`
    std::vector<std::string> actors{}; ///< of `migrated`
};

/// How a tool ended, as the machine hears of it: `tool.<name>.done` with {"call","name","data"}, or
/// `tool.<name>.failed` with {"call","name","code","data"}.
happening tool_done(const open_tool& tool, json data, utc_time now);
happening tool_failed(const open_tool& tool, std::string code, json data, utc_time now);

/// How a call ended, as the machine hears of it: `xstate.done.actor.<id>` with {"output"}, or
/// `xstate.error.actor.<id>` with {"error"}.
happening call_ended(const open_call& call, call_outcome how, utc_time now);

/// A timer of the machine fires.
happening timer_firing(std::string timer, utc_time now);

/// The machine's timers hear of time in which no server ran, which ended at the step's `now`.
happening resumption(utc_time stopped);

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
    /// The parked turn that what happened outside of it has brought to its end: a timer, say, that has left
    /// the state whose actor the turn waited for.
    std::optional<turn_identity> settled;
    std::vector<statemachine::effect> kept; ///< changes of the user's records, each an effect `keep`
    std::vector<persistence::record_write>
        writes;              ///< what `kept` becomes; whoever commits the turn fills it in
    std::vector<json> noted; ///< what the machine says to the operator
    std::string failed_at;   ///< JSON Pointer of the place in the machine where a step failed
};

/// Makes one step. Pure: the same state, happening, inputs and head give the same result.
/// A step that fails is a turn that failed: the state stays, the outcome says why; so does one that hears of
/// the failure of an actor and has no transition for it. A turn that has opened tools and calls is parked
/// until the last of them has ended. Each of those of a cancelled turn fails with the code `cancelled`, so
/// that the machine finds its way; what it opens then is not begun.
turn_result take_turn(const statemachine::definition& machine, const session_state& before,
                      const happening& what, const statemachine::step_inputs& inputs, std::uint64_t head);

/// What is said of turns that a session leaves behind when it ends.
json outcome_of_ended_session();
/// Calls `say` with each turn that is open and that outcome.
void fail_open_turns(const open_work& work, const std::function<void(const turn_id&, json)>& say);

/// A turn that could not be made: the state stays, the conversation keeps what was heard, the outcome says
/// why. A tool that has ended is gone all the same, and so is a timer that has fired.
turn_result fail_turn(const statemachine::definition& machine, const session_state& before,
                      const happening& what, utc_time now, std::uint64_t head, std::string code,
                      std::string message);

} // namespace rejoinder::service
