#include "service/replay/retake.hpp"

#include "service/recorded_step.hpp"
#include "service/replay/frame_check.hpp"
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
    if (!same(again.messages, recorded.messages))
        return differ("messages", recorded.messages, again.messages);
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

/// Makes one recording again, commit by commit.
class retaking {
public:
    retaking(const session_recording& recorded, const statemachine::definition& machine)
        : recorded_(recorded), machine_(machine), frames_(recorded) {}

    retake_report run() {
        report_.differs = begin();
        if (!report_.differs) report_.differs = frames(0);
        for (const auto& commit : recorded_.commits) {
            if (report_.differs) break;
            report_.differs = make(commit);
        }
        if (!report_.differs && report_.without == 0 && (!recorded_.live || !recorded_.state.empty()))
            report_.differs = compare_ends(recorded_, machine_, std::move(state_));
        report_.frames = frames_.compared();
        return std::move(report_);
    }

private:
    std::optional<divergence> begin() {
        if (!recorded_.start) return std::nullopt;
        head_ = recorded_.start->head;
        if (!recorded_.commits.empty())
            if (auto change = version_change_in(recorded_.commits.front().step))
                return begin_by(*change, recorded_.start->state);
        if (auto stood = restore_state(machine_, recorded_.start->state)) {
            state_ = std::move(*stood);
            return std::nullopt;
        }
        return divergence{1, "", "start", recorded_.start->state, "no state of this machine"};
    }

    /// What goes over to this machine says itself what it was, and that is what the recording begins with.
    static std::optional<divergence> begin_by(const version_change& change, const std::string& stood) {
        if (same(change.state, stood)) return std::nullopt;
        return divergence{1, "", "start", stood, change.state};
    }

    /// The commit in which the session goes over to this machine.
    std::optional<divergence> go_over(const recorded_commit& commit, const recorded_step& step,
                                      const version_change& change) {
        auto made = change_version(machine_, change, step.inputs, head_);
        if (auto* why = std::get_if<std::string>(&made))
            return divergence{0, commit.turn, "events", commit.events, *why};
        return adopt(commit, std::get<turn_result>(std::move(made)));
    }

    std::optional<divergence> adopt(const recorded_commit& commit, turn_result again) {
        ++report_.steps;
        if (auto found = compare(commit, again)) return found;
        frames_.add(commit, again.events, std::move(again.outcome));
        state_ = std::move(again.next);
        return std::nullopt;
    }

    std::optional<divergence> make(const recorded_commit& commit) {
        auto number = report_.steps + report_.without + 1;
        auto step = commit.step.empty() ? std::nullopt : restore_step(turn_id{commit.turn}, commit.step);
        if (!step) {
            ++report_.without;
            auto& work = state_.work;
            work.close_all_of(turn_id{commit.turn});
            if (work.parked && work.parked->who.id.text == commit.turn) work.parked.reset();
            auto events = websocket::protocol::restore_events(commit.events);
            frames_.add(commit, events ? std::move(*events) : std::vector<websocket::protocol::event>(),
                        parse_json(commit.outcome, stored_limits).value);
        } else if (step->change) {
            if (auto found = go_over(commit, *step, *step->change)) {
                found->commit = number;
                return found;
            }
        } else {
            // The report of a device stands for what it reports before the machine hears of it.
            if (step->what.event && step->what.event->type == "device.context")
                state_.device_context = step->what.event->data;
            // Turns wait outside of the log; of those that the machine's end has left behind the step tells.
            state_.work.queue.clear();
            for (auto& turn : step->left)
                state_.work.queue.emplace_back().who.id = std::move(turn);
            auto again = take_turn(machine_, state_, step->what, step->inputs, head_);
            if (auto found = adopt(commit, std::move(again))) {
                found->commit = number;
                return found;
            }
        }
        head_ = commit.last;
        return frames(number);
    }

    std::optional<divergence> frames(std::size_t commits) {
        auto found = frames_.compare(commits);
        if (!found) return std::nullopt;
        return divergence{commits, std::move(found->turn), "frame", std::move(found->recorded),
                          std::move(found->ours)};
    }

    const session_recording& recorded_;
    const statemachine::definition& machine_;
    frame_check frames_;
    retake_report report_;
    session_state state_;
    std::uint64_t head_ = 0;
};

} // namespace

retake_report retake(const session_recording& recorded, const statemachine::definition& machine) {
    return retaking(recorded, machine).run();
}

} // namespace rejoinder::service
