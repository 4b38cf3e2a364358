#include "service/replay/retake.hpp"

#include "service/recorded_step.hpp"
#include "service/session_state.hpp"
#include "websocket/protocol/codec.hpp"

#include <utility>

namespace rejoinder::service {
namespace {

/// JSON texts that mean the same are the same, however they were written.
bool same(const std::string& left, const std::string& right) {
    return left == right || parse_json(left, stored_limits).value == parse_json(right, stored_limits).value;
}

std::optional<divergence> compare(const recorded_commit& recorded, const turn_result& again) {
    auto differ = [&](std::string what, std::string theirs, std::string ours) {
        return divergence{0, recorded.turn, std::move(what), std::move(theirs), std::move(ours)};
    };
    auto events = websocket::protocol::store_events(again.events);
    if (!same(events, recorded.events)) return differ("events", recorded.events, std::move(events));
    auto messages = to_text(again.messages);
    if (!same(messages, recorded.messages)) return differ("messages", recorded.messages, std::move(messages));
    if (!recorded.turn.empty() && again.status != recorded.status)
        return differ("status", recorded.status, again.status);
    return std::nullopt;
}

/// What of a state follows from the commits: a device's report that changed nothing else is in none of them,
/// nor are turns that wait, nor whose they are.
std::string to_comparable(session_state state) {
    state.device_context = nullptr;
    state.work.queue.clear();
    if (state.work.parked) state.work.parked->who = {state.work.parked->who.id, {}, 0, {}};
    return serialise(state);
}

std::optional<divergence> compare_ends(const session_recording& recorded,
                                       const statemachine::definition& machine, session_state ours) {
    auto theirs = restore_state(machine, recorded.state);
    auto made = to_comparable(std::move(ours));
    auto stored = theirs ? to_comparable(std::move(*theirs)) : recorded.state;
    if (made == stored) return std::nullopt;
    return divergence{recorded.commits.size() + 1, "", "state", std::move(stored), std::move(made)};
}

} // namespace

retake_report retake(const session_recording& recorded, const statemachine::definition& machine) {
    retake_report report;
    session_state state;
    std::uint64_t head = 0;
    for (const auto& commit : recorded.commits) {
        auto step = commit.step.empty() ? std::nullopt : restore_step(turn_id{commit.turn}, commit.step);
        if (step) {
            // The report of a device stands for what it reports before the machine hears of it.
            if (step->what.event && step->what.event->type == "device.context")
                state.device_context = step->what.event->data;
            for (auto& turn : step->left)
                state.work.queue.emplace_back().who.id = std::move(turn);
            auto again = take_turn(machine, state, step->what, step->inputs, head);
            ++report.steps;
            if (auto found = compare(commit, again)) {
                found->commit = report.steps + report.without;
                report.differs = std::move(found);
                return report;
            }
            state = std::move(again.next);
        } else {
            ++report.without;
        }
        head = commit.last;
    }
    if (report.without == 0) report.differs = compare_ends(recorded, machine, std::move(state));
    return report;
}

} // namespace rejoinder::service
