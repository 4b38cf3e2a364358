#include "service/turn.hpp"

#include "statemachine/actor_events.hpp"
#include "statemachine/migration.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

using context::turn_context;
using statemachine::effect;

namespace {

constexpr std::string_view tool_kind = "tool"; // of events; no machine can emit one by itself

/// After that its tools have failed, whatever time they were given.
constexpr milliseconds longest_turn(15 * 60000);

/// After that an actor that has not answered has failed.
constexpr milliseconds longest_call(60000);

json told(std::string code, std::string message) {
    return {{"code", std::move(code)}, {"message", std::move(message)}, {"retry", false}};
}

call_outcome cancelled_call() {
    return failed_call("cancelled", "The turn was cancelled.");
}

statemachine::event tool_refused(const effect& wanted) {
    statemachine::event made{"tool." + wanted.name + ".failed",
                             {{"name", wanted.name}, {"code", "cancelled"}, {"data", nullptr}}};
    if (wanted.data.contains("skill")) made.data["skill"] = wanted.data["skill"];
    return made;
}

statemachine::event actor_refused(const std::string& actor) {
    return {statemachine::actor_failed_event(actor), {{"error", cancelled_call().data}}};
}

/// Keeps the machine's text and the revision in step with it. True when it differs from the one before.
bool note_machine(const statemachine::definition& machine, session_state& state) {
    auto text = statemachine::serialise(machine, state.machine);
    if (text == state.machine_text) return false;
    state.machine_text = std::move(text);
    ++state.revision;
    return true;
}

/// What a skill waits for and was closed without the machine's hearing of it.
void tell_of_closed_work(session_state& state, std::string_view fired = {}) {
    const auto& work = state.work;
    statemachine::lose_closed_work(state.machine, fired, [&work](const std::string& id) {
        return std::ranges::find(work.calls, id, &open_call::actor) != work.calls.end() ||
               std::ranges::find(work.tools, id, &open_tool::skill) != work.tools.end();
    });
}

/// Numbers what is shown, in order.
class event_list {
public:
    event_list(std::uint64_t head, utc_time at) : head_(head), at_(at) {}

    std::uint64_t next() const noexcept { return head_ + 1; }
    void add(std::string kind, turn_id turn, json data) {
        if (events_.empty()) events_.reserve(usual_count);
        events_.push_back({++head_, std::move(kind), std::move(turn), at_, std::move(data)});
    }
    std::vector<websocket::protocol::event> take() && { return std::move(events_); }

private:
    static constexpr std::size_t usual_count = 3; // what is said, where the machine is, that it is done

    std::uint64_t head_;
    utc_time at_;
    std::vector<websocket::protocol::event> events_;
};

turn_result begin_with(const session_state& before) {
    turn_result made;
    made.next = before;
    return made;
}

/// One happening while it is being made into a result.
class taking {
public:
    taking(const statemachine::definition& machine, const session_state& before, const happening& what,
           const statemachine::step_inputs& inputs, std::uint64_t head)
        : machine_(machine),
          before_(before),
          what_(what),
          inputs_(inputs),
          head_(head),
          result_(begin_with(before)),
          turn_(inputs.now, what.turn, std::exchange(result_.next.talk, {})),
          events_(head, inputs.now) {
        if (!what.heard.empty()) turn_.hear(what.heard);
    }

    turn_result finish() && {
        if (auto problem = happen()) return failed(*problem);
        if (!show()) return too_many_tools();
        close();
        result_.events = std::move(events_).take();
        result_.messages = turn_.take_messages();
        result_.user_data = turn_.user_data();
        return std::move(result_);
    }

private:
    /// Nothing, or why it could not be.
    std::optional<statemachine::step_error> happen() {
        auto& state = result_.next;
        switch (what_.how) {
        case happening::kind::begins:
            return what_.event ? step(*what_.event) : absorb(statemachine::start(machine_, inputs_));
        case happening::kind::tool_ended:
            state.work.close(what_.call);
            return what_.event ? step(*what_.event) : std::nullopt;
        case happening::kind::call_ended:
            state.work.close(what_.call);
            return what_.event ? end_call(*what_.event) : std::nullopt;
        case happening::kind::timer_fired:
            return absorb(statemachine::fire(machine_, std::move(state.machine), what_.timer, inputs_));
        case happening::kind::resumed:
            statemachine::resume_timers(state.machine, what_.received, inputs_.now);
            return std::nullopt;
        case happening::kind::migrated:
            return absorb(
                statemachine::begin_actors(machine_, std::move(state.machine), what_.actors, inputs_));
        case happening::kind::cancelled:
            give_up_work();
        }
        return std::nullopt;
    }

    /// A failure that the machine has no word for ends the turn: nobody would go on with it.
    std::optional<statemachine::step_error> end_call(const statemachine::event& end) {
        auto made = statemachine::step(machine_, std::move(result_.next.machine), end, inputs_);
        if (statemachine::is_actor_failure(end.type) && !made.error && !made.handled)
            return statemachine::step_error{"actor.failed", "What the turn depended on has failed.", {}};
        return absorb(std::move(made));
    }

    /// What can't be leaves nothing of the machine: the turn fails, which begins with what was before it.
    std::optional<statemachine::step_error> step(const statemachine::event& event) {
        return absorb(statemachine::step(machine_, std::move(result_.next.machine), event, inputs_));
    }

    /// What can't be leaves the machine where it is.
    void offer(const statemachine::event& event) {
        if (auto problem = absorb(statemachine::step(machine_, result_.next.machine, event, inputs_)))
            result_.failed_at = std::move(problem->pointer);
    }

    /// The machine's next state and what it wants done; the reason when there is none.
    std::optional<statemachine::step_error> absorb(statemachine::step_result made) {
        if (made.error) return std::move(made.error);
        for (auto& e : made.effects)
            apply(std::move(e));
        result_.next.machine = std::move(made.next);
        return std::nullopt;
    }

    void apply(effect e) {
        switch (e.what) {
        case effect::kind::show:
            return turn_.show(std::move(e.name), std::move(e.data));
        case effect::kind::tool:
            if (what_.how == happening::kind::cancelled) return refuse(tool_refused(e));
            e.data["name"] = std::move(e.name);
            return turn_.show(std::string(tool_kind), std::move(e.data));
        case effect::kind::remember:
            return turn_.remember(std::move(e.name), std::move(e.data));
        case effect::kind::forget:
            return turn_.forget(std::move(e.name));
        case effect::kind::keep:
            result_.kept.push_back(std::move(e));
            return;
        case effect::kind::log:
            result_.noted.push_back(std::move(e.data));
            return;
        case effect::kind::invoke:
            return open_call_of(std::move(e));
        case effect::kind::stop:
            return drop_call_of(e.name);
        case effect::kind::send:
            result_.noted.push_back("the actor '" + e.name + "' takes no events");
        }
    }

    /// The machine hears of each tool and call of the turn that it came to nothing.
    void give_up_work() {
        for (const auto& tool : before_.work.tools)
            if (tool.turn == what_.turn)
                give_up(tool.call, tool_failed(tool, "cancelled", nullptr, inputs_.now));
        for (const auto& call : before_.work.calls)
            if (call.turn == what_.turn && result_.next.work.find_call(call.call))
                give_up(call.call, call_ended(call, cancelled_call(), inputs_.now));
        // What it wants done instead is refused as well, as often as it asks within reason.
        for (std::size_t i = 0; i < refused_.size() && i < max_open_tools + max_open_calls; ++i) {
            auto refusal = refused_[i]; // what it leads to may be refused as well, and grows the list
            offer(refusal);
        }
        tell_of_closed_work(result_.next);
    }

    void refuse(statemachine::event why) { refused_.push_back(std::move(why)); }

    void give_up(std::string_view call, const happening& end) {
        result_.next.work.close(call);
        if (end.event) offer(*end.event);
    }

    /// What the machine shows, and where it has come to. False when it has opened more than is allowed.
    bool show() {
        for (auto& shown : turn_.take_shown_events()) {
            if (shown.kind != tool_kind)
                events_.add(std::move(shown.kind), what_.turn, std::move(shown.data));
            else
                open_tool_of(shown.data);
        }
        auto& state = result_.next;
        state.talk = turn_.take_talk();
        // A turn answers the question that stood open; what happens without one leaves it standing.
        bool answers = !what_.turn.empty() && what_.how == happening::kind::begins;
        if (turn_.question() || answers) state.question = turn_.question().value_or(nullptr);
        if (has_moved_on()) {
            json where;
            where["value"] = statemachine::state_path(machine_, state.machine);
            where["revision"] = state.revision;
            events_.add("state", what_.turn, std::move(where));
        }
        return state.work.tools.size() <= max_open_tools && state.work.calls.size() <= max_open_calls;
    }

    /// An actor of an id takes the place of the one before it.
    void open_call_of(effect e) {
        drop_call_of(e.name);
        if (what_.how == happening::kind::cancelled) return refuse(actor_refused(e.name));
        auto& work = result_.next.work;
        open_call call;
        call.call = "a" + std::to_string(++work.calls_begun);
        call.actor = std::move(e.name);
        call.source = e.data.value("src", "");
        call.input = e.data.value("input", json());
        call.turn = what_.turn;
        call.deadline = inputs_.now + longest_call;
        if (!what_.turn.empty()) call.deadline = std::min(call.deadline, begin_of_turn() + longest_turn);
        work.calls.push_back(std::move(call));
    }

    void drop_call_of(std::string_view actor) {
        std::erase_if(result_.next.work.calls, [&](const open_call& one) { return one.actor == actor; });
    }

    void open_tool_of(const json& wanted) {
        const std::string& name = wanted["name"].get_ref<const std::string&>();
        auto deadline = inputs_.now + milliseconds(wanted["timeout"].get<milliseconds::rep>());
        if (!what_.turn.empty()) deadline = std::min(deadline, begin_of_turn() + longest_turn);
        // Events are numbered once in an epoch, so a tool that is named after its event is named once.
        auto call = "c" + std::to_string(events_.next());
        events_.add(
            std::string(tool_kind), what_.turn,
            {{"call", call}, {"name", name}, {"args", wanted["args"]}, {"deadline", to_unix(deadline)}});
        result_.next.work.tools.push_back(
            {std::move(call), name, wanted["args"], what_.turn, deadline, wanted.value("skill", "")});
    }

    bool has_moved_on() { return note_machine(machine_, result_.next); }

    utc_time begin_of_turn() const {
        const auto& parked = before_.work.parked;
        return parked && parked->who.id == what_.turn ? parked->received : what_.received;
    }

    /// Ends the turn, parks it, or ends the session with whatever is open.
    void close() {
        auto& work = result_.next.work;
        const auto& parked = before_.work.parked;
        bool was_parked = parked && parked->who.id == what_.turn;
        result_.ended = result_.next.machine.standing == statemachine::snapshot::status::done;
        result_.status = "done";
        if (what_.how == happening::kind::cancelled) {
            result_.status = "cancelled";
            result_.outcome = told("cancelled", "The turn was cancelled.");
            events_.add("turn.failed", what_.turn, result_.outcome);
        } else if (!what_.turn.empty() && work.holds(what_.turn) && !result_.ended) {
            result_.status = "parked";
        } else if (!what_.turn.empty()) {
            events_.add("turn.done", what_.turn, data_of_done(begin_of_turn(), inputs_.now));
        }
        if (result_.status == "parked" && !was_parked)
            work.parked = parked_turn{{what_.turn, {}, 0, {}}, what_.received, head_ + 1};
        else if (result_.status != "parked" && was_parked)
            work.parked.reset();
        if (result_.ended) return end_session();
        if (what_.turn.empty()) settle_parked();
    }

    /// What happens outside of a turn may take away the last thing that it waits for.
    void settle_parked() {
        auto settled = result_.next.work.take_settled();
        if (!settled) return;
        events_.add("turn.done", settled->who.id, data_of_done(settled->received, inputs_.now));
        result_.settled = std::move(settled->who);
    }

    /// Turns that can't be made any more keep their place, so that whoever asks for them hears why.
    void end_session() {
        auto& work = result_.next.work;
        work.tools.clear();
        work.calls.clear();
        fail_open_turns(work, [this](const turn_id& turn, json outcome) {
            if (turn != what_.turn) events_.add("turn.failed", turn, std::move(outcome));
        });
        events_.add("session.ended", what_.turn, {{"reason", "finished"}});
    }

    turn_result failed(const statemachine::step_error& problem) const {
        auto result = fail_turn(machine_, before_, what_, inputs_.now, head_, problem.code, problem.message);
        result.failed_at = problem.pointer;
        return result;
    }

    turn_result too_many_tools() const {
        return fail_turn(machine_, before_, what_, inputs_.now, head_, "machine.too_many_tools",
                         "More tools or calls would be open than a session may have.");
    }

    const statemachine::definition& machine_;
    const session_state& before_;
    const happening& what_;
    const statemachine::step_inputs& inputs_;
    std::uint64_t head_;
    turn_result result_;
    turn_context turn_; // has the conversation until it is shown what came of it
    event_list events_;
    std::vector<statemachine::event> refused_; // what the machine wanted done of a turn that is cancelled
};

} // namespace

json data_of_done(utc_time received, utc_time now) {
    json data; // a braced list would make an array of each member first
    data["elapsed"] = std::max<std::int64_t>(0, (now - received).count());
    return data;
}

json outcome_of_ended_session() {
    return told("session.ended", "The session has ended before the turn.");
}

void fail_open_turns(const open_work& work, const std::function<void(const turn_id&, json)>& say) {
    if (work.parked) say(work.parked->who.id, outcome_of_ended_session());
    for (const auto& turn : work.queue)
        say(turn.who.id, outcome_of_ended_session());
}

turn_result fail_turn(const statemachine::definition& machine, const session_state& before,
                      const happening& what, utc_time now, std::uint64_t head, std::string code,
                      std::string message) {
    turn_context turn(now, what.turn, before.talk);
    if (!what.heard.empty()) turn.hear(what.heard);

    turn_result result;
    result.next = before;
    result.next.talk = turn.talk();
    auto& work = result.next.work;
    work.close(what.call);
    if (what.how == happening::kind::timer_fired) {
        std::erase_if(result.next.machine.timers,
                      [&](const statemachine::timer& one) { return one.id == what.timer; });
    }
    result.status = "failed";
    result.outcome = told(std::move(code), std::move(message));
    result.messages = turn.take_messages();
    event_list events(head, now);
    if (!what.turn.empty()) {
        work.close_all_of(what.turn);
        if (work.parked && work.parked->who.id == what.turn) work.parked.reset();
        events.add("turn.failed", what.turn, result.outcome);
    }
    tell_of_closed_work(result.next, what.timer);
    note_machine(machine, result.next);
    result.events = std::move(events).take();
    return result;
}

turn_result take_turn(const statemachine::definition& machine, const session_state& before,
                      const happening& what, const statemachine::step_inputs& inputs, std::uint64_t head) {
    return taking(machine, before, what, inputs, head).finish();
}

} // namespace rejoinder::service
