#include "service/version_change.hpp"

#include "statemachine/migration.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace rejoinder::service {
namespace {

using event = websocket::protocol::event;
using statemachine::migrated_machine;

constexpr auto unreadable = "the stored state can't be read";

std::variant<migrated_machine, std::string> migrate(const statemachine::definition& to,
                                                    const version_change& what, const former_state& former,
                                                    utc_time now) {
    statemachine::former_machine machine{what.from, former.machine_text, {}};
    for (const auto& call : former.rest.work.calls)
        machine.actors.push_back({call.actor, call.source});
    return statemachine::migrate(to, machine, std::min(std::max(what.stopped, utc_time{}), now), now);
}

/// One change while it is being made into a result.
class changing {
public:
    changing(const statemachine::definition& to, const version_change& what,
             const statemachine::step_inputs& inputs, std::uint64_t head)
        : to_(to), what_(what), inputs_(inputs), head_(head) {
        result_.status = "done";
    }

    /// Empty, or why it can't be.
    std::string migrate(const former_state& former) {
        auto migrated = service::migrate(to_, what_, former, inputs_.now);
        if (auto* why = std::get_if<std::string>(&migrated)) return std::move(*why);
        auto& machine = std::get<migrated_machine>(migrated);
        result_.next = former.rest;
        auto& state = result_.next;
        state.machine = std::move(machine.next);
        auto waiting = keep_work(machine.actors);
        if (what_.ended) return note_state();
        say("session.migrated", {}, {{"from", what_.from}, {"to", to_.version()}});
        if (!machine.beginning.empty()) return begin(std::move(machine.beginning), waiting);
        note_state();
        say("state", {},
            {{"value", statemachine::state_path(to_, state.machine)}, {"revision", state.revision}});
        settle_parked();
        return {};
    }

    std::string restart(const former_state& former) {
        session_state anew;
        anew.revision = former.rest.revision;
        anew.device_context = former.rest.device_context;
        anew.work.queue = former.rest.work.queue;
        anew.work.calls_begun = former.rest.work.calls_begun;
        say("session.migrated", {}, {{"from", what_.from}, {"to", to_.version()}, {"restarted", true}});
        json outcome = json::object();
        const auto& parked = former.rest.work.parked;
        if (parked) {
            outcome = {{"code", "session.restarted"},
                       {"message", "The session has begun anew before the turn had ended."},
                       {"retry", false}};
            say("turn.failed", parked->who.id, outcome);
        }
        happening birth;
        birth.received = inputs_.now;
        if (auto why = go_on(anew, birth); !why.empty()) return why;
        if (!parked) return {};
        result_.settled = parked->who;
        result_.status = "failed";
        result_.outcome = std::move(outcome);
        return {};
    }

    turn_result take() && { return std::move(result_); }

private:
    void say(std::string kind, const turn_id& turn, json data) {
        auto number = head_ + result_.events.size() + 1;
        result_.events.push_back({number, std::move(kind), turn, inputs_.now, std::move(data)});
    }

    std::string note_state() {
        auto& state = result_.next;
        state.machine_text = statemachine::serialise(to_, state.machine);
        ++state.revision;
        return {};
    }

    /// Calls of actors that the machine still wants go on under the names of now, the device's work goes on
    /// whoever waits for it, as everywhere. Gives the turn that waited for one of the other calls, empty:
    /// none did.
    turn_id keep_work(const std::vector<std::string>& actors) {
        auto& work = result_.next.work;
        auto name = actors.begin();
        turn_id waiting;
        for (auto& call : work.calls) {
            call.actor = *name++;
            if (call.actor.empty() && !call.turn.empty()) waiting = call.turn;
        }
        std::erase_if(work.calls, [](const open_call& one) { return one.actor.empty(); });
        return waiting;
    }

    /// The machine's state of now is told by the step in which they begin. It belongs to the turn that has
    /// lost what it waited for.
    std::string begin(std::vector<std::string> actors, const turn_id& waiting) {
        const auto& parked = result_.next.work.parked;
        auto who = parked && parked->who.id == waiting ? std::optional(parked->who) : std::nullopt;
        happening beginning;
        if (who) beginning.turn = who->id;
        beginning.received = inputs_.now;
        beginning.how = happening::kind::migrated;
        beginning.actors = std::move(actors);
        if (auto why = go_on(result_.next, beginning); !why.empty()) return why;
        if (who && result_.status == "done") result_.settled = std::move(who);
        result_.status = "done";
        return {};
    }

    /// Makes a step behind what has been said.
    std::string go_on(const session_state& before, const happening& what) {
        auto made = take_turn(to_, before, what, inputs_, head_ + result_.events.size());
        if (made.status == "failed") return made.outcome.value("message", "its first step fails");
        made.events.insert(made.events.begin(), result_.events.begin(), result_.events.end());
        result_ = std::move(made);
        return {};
    }

    /// A turn that has nothing to wait for any more has come to its end.
    void settle_parked() {
        auto settled = result_.next.work.take_settled();
        if (!settled) return;
        say("turn.done", settled->who.id, data_of_done(settled->received, inputs_.now));
        result_.settled = std::move(settled->who);
    }

    const statemachine::definition& to_;
    const version_change& what_;
    const statemachine::step_inputs& inputs_;
    std::uint64_t head_;
    turn_result result_;
};

} // namespace

std::variant<turn_result, std::string> change_version(const statemachine::definition& to,
                                                      const version_change& what,
                                                      const statemachine::step_inputs& inputs,
                                                      std::uint64_t head) {
    auto former = restore_former_state(what.state);
    if (!former) return unreadable;
    changing change(to, what, inputs, head);
    auto why = what.how == version_change::way::migrates ? change.migrate(*former) : change.restart(*former);
    if (!why.empty()) return why;
    return std::move(change).take();
}

std::string why_not_migrated(const statemachine::definition& to, const version_change& what) {
    auto former = restore_former_state(what.state);
    if (!former) return unreadable;
    auto made = migrate(to, what, *former, what.stopped);
    auto* why = std::get_if<std::string>(&made);
    return why ? std::move(*why) : std::string();
}

} // namespace rejoinder::service
