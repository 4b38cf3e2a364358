#include "service/turn.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

using context::turn_context;
using statemachine::effect;

namespace {

/// What the machine says to the operator is no change; it is returned.
std::vector<json> apply(turn_context& turn, std::vector<effect> effects) {
    std::vector<json> noted;
    for (auto& e : effects) {
        switch (e.what) {
        case effect::kind::show:
            turn.show(std::move(e.name), std::move(e.data));
            break;
        case effect::kind::remember:
            turn.remember(std::move(e.name), std::move(e.data));
            break;
        case effect::kind::forget:
            turn.forget(std::move(e.name));
            break;
        case effect::kind::log:
            noted.push_back(std::move(e.data));
            break;
        }
    }
    return noted;
}

/// Numbers what is shown, in order.
class event_list {
public:
    event_list(std::uint64_t head, turn_id turn, utc_time at)
        : head_(head), turn_(std::move(turn)), at_(at) {}

    void add(std::string kind, json data) {
        events_.push_back({++head_, std::move(kind), turn_, at_, std::move(data)});
    }
    std::vector<websocket::protocol::event> take() && { return std::move(events_); }

private:
    std::uint64_t head_;
    turn_id turn_;
    utc_time at_;
    std::vector<websocket::protocol::event> events_;
};

/// The machine's part of the next state; true when it differs from the one before.
bool move_on(const statemachine::definition& machine, session_state& state, statemachine::snapshot next) {
    auto text = statemachine::serialise(machine, next);
    state.machine = std::move(next);
    if (text == state.machine_text) return false;
    state.machine_text = std::move(text);
    ++state.revision;
    return true;
}

} // namespace

turn_result fail_turn(const session_state& before, const happening& what, utc_time now, std::uint64_t head,
                      std::string code, std::string message) {
    turn_context turn(now, what.turn, before.talk);
    if (!what.heard.empty()) turn.hear(what.heard);

    turn_result result;
    result.next = before;
    result.next.talk = turn.talk();
    result.status = "failed";
    result.outcome = {{"code", std::move(code)}, {"message", std::move(message)}, {"retry", false}};
    result.messages = turn.messages();
    event_list events(head, what.turn, now);
    if (!what.turn.empty()) events.add("turn.failed", result.outcome);
    result.events = std::move(events).take();
    return result;
}

turn_result take_turn(const statemachine::definition& machine, const session_state& before,
                      const happening& what, const statemachine::step_inputs& inputs, std::uint64_t head) {
    auto step = what.event ? statemachine::step(machine, before.machine, *what.event, inputs)
                           : statemachine::start(machine, inputs);
    if (step.error) {
        auto failed = fail_turn(before, what, inputs.now, head, step.error->code, step.error->message);
        failed.failed_at = std::move(step.error->pointer);
        return failed;
    }

    turn_context turn(inputs.now, what.turn, before.talk);
    if (!what.heard.empty()) turn.hear(what.heard);
    turn_result result;
    result.noted = apply(turn, std::move(step.effects));
    result.next = before;
    result.next.talk = turn.talk();
    // A turn answers the question that stood open; what happens without a turn leaves it standing.
    if (turn.question() || !what.turn.empty()) result.next.question = turn.question().value_or(nullptr);

    event_list events(head, what.turn, inputs.now);
    for (const auto& shown : turn.shown_events())
        events.add(shown.kind, shown.data);
    if (move_on(machine, result.next, std::move(step.next)))
        events.add("state", {{"value", statemachine::state_path(machine, result.next.machine)},
                             {"revision", result.next.revision}});
    if (!what.turn.empty()) {
        auto elapsed = std::max<std::int64_t>(0, (inputs.now - what.received).count());
        events.add("turn.done", {{"elapsed", elapsed}});
    }
    result.ended = result.next.machine.standing == statemachine::snapshot::status::done;
    if (result.ended) events.add("session.ended", {{"reason", "finished"}});

    result.status = "done";
    result.events = std::move(events).take();
    result.messages = turn.messages();
    result.user_data = turn.user_data();
    result.shown = turn.shown_events();
    return result;
}

} // namespace rejoinder::service
