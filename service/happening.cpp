#include "service/happening.hpp"

#include "statemachine/actor_events.hpp"

#include <utility>

namespace rejoinder::service {
namespace {

happening tool_event(const open_tool& tool, std::string_view how, json data, utc_time now) {
    data["call"] = tool.call;
    data["name"] = tool.name;
    if (!tool.skill.empty()) data["skill"] = tool.skill;
    happening what;
    what.turn = tool.turn;
    what.event = statemachine::event{"tool." + tool.name + "." + std::string(how), std::move(data)};
    what.received = now;
    what.how = happening::kind::tool_ended;
    what.call = tool.call;
    return what;
}

} // namespace

happening tool_done(const open_tool& tool, json data, utc_time now) {
    return tool_event(tool, "done", {{"data", std::move(data)}}, now);
}

happening tool_failed(const open_tool& tool, std::string code, json data, utc_time now) {
    return tool_event(tool, "failed", {{"code", std::move(code)}, {"data", std::move(data)}}, now);
}

happening call_ended(const open_call& call, call_outcome how, utc_time now) {
    bool done = how.how == call_outcome::end::done;
    happening what;
    what.turn = call.turn;
    what.event = statemachine::event{done ? statemachine::actor_done_event(call.actor)
                                          : statemachine::actor_failed_event(call.actor),
                                     {{done ? "output" : "error", std::move(how.data)}}};
    what.received = now;
    what.how = happening::kind::call_ended;
    what.call = call.call;
    return what;
}

happening timer_firing(std::string timer, utc_time now) {
    happening what;
    what.received = now;
    what.how = happening::kind::timer_fired;
    what.timer = std::move(timer);
    return what;
}

happening resumption(utc_time stopped) {
    happening what;
    what.received = stopped;
    what.how = happening::kind::resumed;
    return what;
}

happening cancellation(turn_id turn, utc_time now) {
    happening what;
    what.turn = std::move(turn);
    what.received = now;
    what.how = happening::kind::cancelled;
    return what;
}

} // namespace rejoinder::service
