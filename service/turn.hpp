#pragma once

#include "context/turn_context.hpp"
#include "persistence/change_set.hpp"
#include "persistence/ids.hpp"
#include "service/happening.hpp"
#include "service/session_state.hpp"
#include "statemachine/interpreter.hpp"
#include "websocket/protocol/frames.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::service {

/// What a happening comes to, computed but not yet committed. Throwing it away leaves the session as it was.
struct turn_result {
    session_state next;
    std::vector<websocket::protocol::event> events; ///< numbered from the head on
    std::string status;                             ///< of a turn: done, failed, cancelled, or parked
    json outcome = json::object();                  ///< what a retry of the turn is told
    std::string messages = "[]";                    ///< what was said, as the log stores it
    std::map<std::string, std::optional<json>> user_data;
    bool ended = false; ///< the machine reached its end
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

/// What `turn.done` says: milliseconds since the turn was received, by a clock that may have jumped back.
json data_of_done(utc_time received, utc_time now);

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
