#pragma once

#include "persistence/time.hpp"
#include "service/open_work.hpp"
#include "service/responder.hpp"
#include "statemachine/interpreter.hpp"

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

} // namespace rejoinder::service
