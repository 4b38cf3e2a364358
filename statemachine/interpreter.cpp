#include "statemachine/interpreter.hpp"

#include "statemachine/actor_events.hpp"
#include "statemachine/execution.hpp"
#include "statemachine/migration.hpp"
#include "statemachine/planned_moves.hpp"
#include "statemachine/transitions.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace rejoinder::statemachine {
namespace {

constexpr int max_microsteps = 1000;
constexpr std::size_t usual_depth = 8;

/// A macrostep over one execution: takes transitions until the configuration is stable, the machine is done
/// or the step cannot be made.
class macrostep {
public:
    /// Takes the snapshot apart.
    macrostep(const compiled_machine& machine, snapshot&& from, const step_inputs& inputs)
        : machine_(machine), history_(std::move(from.history)), work_(machine, std::move(from), inputs) {
        add_what_is_around(work_.active);
    }

    void begin() {
        work_.receive({"xstate.init", json::object()});
        handled_ = true;
        enter(machine_.start);
        settle();
    }

    void begin_actors(const std::vector<std::string>& ids) {
        work_.receive({"xstate.init", json::object()});
        handled_ = true;
        for (auto which : work_.active)
            for (const auto& actor : machine_.states[which].invokes) {
                if (std::ranges::find(ids, actor.id) == ids.end()) continue;
                work_.at(actor.pointer);
                work_.invoke(actor);
            }
        settle();
    }

    void react(const event& what) {
        bool is_failure = is_actor_failure(what.type);
        work_.receive(what);
        auto chosen =
            work_.skills().is_private(what) ? chosen_transitions() : select_for_event(machine_, work_);
        auto changes = work_.changes();
        if (chosen.empty()) work_.skills().offer(what, work_);
        handled_ = !chosen.empty() || work_.changes() != changes;
        if (is_failure && !handled_) return; // whoever began the actor is told
        take(chosen);
        settle();
    }

    void fire(const timer& what) {
        event due{what.event, what.data};
        work_.stop_timer(what.id);
        react(due);
    }

    /// `next` is empty where the step could not be made.
    step_result finish() && {
        if (work_.error()) return {{}, {}, handled_, work_.error()};
        auto effects = std::move(work_).take_effects();
        step_result result{std::move(work_).take_snapshot(), std::move(effects), handled_, std::nullopt};
        std::erase_if(result.next.states, [this](state_index s) { return !machine_.states[s].is_leaf(); });
        result.next.history = std::move(history_);
        result.next.standing = standing_;
        result.next.output = std::move(output_);
        if (standing_ == snapshot::status::done) {
            result.next.timers.clear();
            result.next.skills.clear();
        }
        return result;
    }

private:
    /// To the leaves.
    void add_what_is_around(std::vector<state_index>& active) const {
        auto leaves = active.size();
        active.reserve(leaves * usual_depth);
        for (std::size_t i = 0; i < leaves; ++i)
            for (auto s = machine_.states[active[i]].parent; s != no_state; s = machine_.states[s].parent)
                active.push_back(s);
        if (leaves == 1) {
            std::ranges::reverse(active); // parents stand before what is in them
        } else {
            std::ranges::sort(active);
            active.erase(std::ranges::unique(active).begin(), active.end());
        }
    }

    bool is_over() const { return standing_ == snapshot::status::done || work_.error(); }

    /// `always` transitions come before raised events. Those that change nothing would be enabled for ever:
    /// they are not tried again until something else has happened.
    void settle() {
        bool try_always = true;
        for (int microsteps = 0; !is_over(); ++microsteps) {
            if (microsteps == max_microsteps)
                return work_.fail("machine.too_many_steps",
                                  "The machine does not come to rest within 1000 steps.");
            auto chosen = try_always ? select_always(machine_, work_) : chosen_transitions();
            if (!chosen.empty()) {
                auto before = work_.active;
                auto changes = work_.changes();
                take(chosen);
                try_always = before != work_.active || changes != work_.changes();
            } else if (auto raised = work_.next_raised()) {
                work_.receive(*raised);
                take(select_for_event(machine_, work_));
                try_always = true;
            } else if (work_.skills().go_on(work_)) {
                try_always = true;
            } else if (auto ended = work_.skills().next_end()) {
                hear_of(std::move(*ended));
                try_always = true;
            } else {
                return;
            }
        }
    }

    /// How a skill ended. A failure that the machine has no word for undoes the step, so that the skill waits
    /// where it did; but what the user gave up is given up.
    void hear_of(event end) {
        auto error = is_actor_failure(end.type) ? end.data["error"] : json();
        work_.receive(end);
        auto chosen = select_for_event(machine_, work_);
        if (chosen.empty() && !error.is_null() && error["code"] != "cancelled")
            return work_.fail(error["code"], error["message"]);
        take(chosen);
    }

    /// One microstep: leaves from the inside out, acts, enters from the outside in.
    void take(const chosen_transitions& chosen) {
        if (chosen.empty()) return;
        handled_ = true;
        auto moves = plan_moves(machine_, chosen, work_.active, history_);
        leave(moves);
        for (const auto& one : moves)
            run(one.what->run);
        remember_what_was_left(moves, machine_, history_);
        if (moves.size() > 1) return enter(entries_of(moves));
        if (const auto* way = moves.front().way()) enter(way->entries);
    }

    bool is_left(state_index which, state_index domain) const noexcept {
        return statemachine::is_left(machine_, which, domain);
    }

    void leave(const planned_moves& moves) {
        auto is_left_by = [&](state_index s, const planned_move& one) {
            const auto* way = one.way();
            return way && is_left(s, way->domain);
        };
        boost::container::small_vector<state_index, usual_depth> left;
        for (auto s : work_.active)
            if (std::ranges::any_of(moves, [&](const planned_move& one) { return is_left_by(s, one); }))
                left.push_back(s);
        for (auto s : left)
            note_what_was_active(s);
        for (auto s = left.rbegin(); s != left.rend(); ++s) {
            leave_state(*s);
            std::erase(work_.active, *s);
        }
    }

    void leave_state(state_index which) {
        const auto& state = machine_.states[which];
        run(state.on_exit);
        for (const auto& delay : state.after)
            work_.stop_timer(delay.event);
        for (const auto& actor : state.invokes)
            work_.stop(actor);
    }

    void note_what_was_active(state_index left) {
        for (auto memory : machine_.states[left].memories) {
            bool deep = machine_.states[memory].kind == state_kind::deep_history;
            std::vector<state_index> inside;
            for (auto s : work_.active)
                if (deep ? machine_.states[s].is_leaf() && is_left(s, left)
                         : machine_.states[s].parent == left)
                    inside.push_back(s);
            auto known = std::ranges::find(history_, memory, &memories::value_type::first);
            if (known == history_.end())
                history_.emplace_back(memory, std::move(inside));
            else
                known->second = std::move(inside);
            work_.change();
        }
    }

    void enter(const std::vector<entry>& entries) {
        std::set<state_index> completed;
        for (const auto& [which, how] : entries) {
            // The root as a target from inside it, or a source that is its own memory, was not left. XState
            // enters it once more all the same.
            auto place = std::ranges::lower_bound(work_.active, which);
            if (place != work_.active.end() && *place == which) continue;
            work_.active.insert(place, which);
            enter_state(machine_.states[which], how);
            if (machine_.states[which].kind == state_kind::final) reach_end(which, completed);
        }
        // A machine that is done leaves its states, as SCXML asks, but the last ones stay its value.
        if (standing_ == snapshot::status::done)
            for (auto s = work_.active.rbegin(); s != work_.active.rend(); ++s)
                leave_state(*s);
    }

    void enter_state(const state& which, entry::way how) {
        run(which.on_entry);
        for (const auto& delay : which.after) {
            work_.at(delay.pointer);
            work_.start_timer(delay.event, {delay.event, json::object()}, delay.delay, delay.policy);
        }
        for (const auto& actor : which.invokes) {
            work_.at(actor.pointer);
            work_.invoke(actor);
        }
        if (how == entry::way::by_default) run(which.on_initial);
    }

    bool is_in_final_state(state_index which) const {
        const auto& state = machine_.states[which];
        auto is_active = [&](state_index s) { return std::ranges::binary_search(work_.active, s); };
        if (state.kind == state_kind::parallel)
            return std::ranges::all_of(state.children, [&](state_index s) { return is_in_final_state(s); });
        if (state.kind != state_kind::compound) return state.kind == state_kind::final;
        return std::ranges::any_of(state.children, [&](state_index s) {
            return machine_.states[s].kind == state_kind::final && is_active(s);
        });
    }

    /// The state around a final one is done, and so is what is parallel around that when all its regions are.
    void reach_end(state_index final, std::set<state_index>& completed) {
        const auto& own = machine_.states[final];
        work_.at(own.pointer);
        auto output = own.output ? std::optional(own.output->evaluate(work_)) : std::nullopt;
        bool in_compound = machine_.states[own.parent].kind == state_kind::compound;
        if (in_compound) work_.raise(done(own.parent, output));
        auto around = in_compound ? machine_.states[own.parent].parent : own.parent;
        auto last = around == no_state ? final : around;
        while (around != no_state && machine_.states[around].kind == state_kind::parallel &&
               !completed.contains(around) && is_in_final_state(around)) {
            completed.insert(around);
            work_.raise(done(around, std::nullopt));
            last = around;
            around = machine_.states[around].parent;
        }
        if (around == no_state) finish_machine(last, last == final ? output : std::nullopt);
    }

    event done(state_index which, const std::optional<json>& output) const {
        event made{done_event(machine_.states[which].id), json::object()};
        if (output) made.data["output"] = *output;
        return made;
    }

    void finish_machine(state_index last, const std::optional<json>& output) {
        standing_ = snapshot::status::done;
        if (const auto& own = machine_.states[0].output) {
            // The machine's output is worked out from its last state's; the exits still see what led here.
            auto led_here = work_.current_event();
            work_.receive(done(last, output));
            output_ = own->evaluate(work_);
            work_.receive(led_here);
        }
    }

    void run(const actions& list) {
        for (const auto& action : list) {
            if (work_.error()) return;
            work_.at(action.pointer);
            action.run(work_);
        }
    }

    const compiled_machine& machine_;
    memories history_;
    execution work_;
    snapshot::status standing_ = snapshot::status::active;
    json output_;
    bool handled_ = false;
};

} // namespace

step_result start(const definition& machine, const step_inputs& inputs) {
    const auto& tables = machine.tables();
    snapshot before;
    context::context_value::parse(tables.context, before.context);
    macrostep first(tables, std::move(before), inputs);
    first.begin();
    return std::move(first).finish();
}

step_result begin_actors(const definition& machine, snapshot from, const std::vector<std::string>& ids,
                         const step_inputs& inputs) {
    macrostep first(machine.tables(), std::move(from), inputs);
    first.begin_actors(ids);
    return std::move(first).finish();
}

step_result step(const definition& machine, const snapshot& from, const event& what,
                 const step_inputs& inputs) {
    return step(machine, snapshot(from), what, inputs);
}

step_result step(const definition& machine, snapshot&& from, const event& what, const step_inputs& inputs) {
    if (from.standing == snapshot::status::done) return {std::move(from), {}, false, std::nullopt};
    macrostep next(machine.tables(), std::move(from), inputs);
    next.react(what);
    return std::move(next).finish();
}

step_result fire(const definition& machine, snapshot from, std::string_view timer_id,
                 const step_inputs& inputs) {
    const auto* found = from.find_timer(timer_id);
    if (!found || from.standing == snapshot::status::done) return {std::move(from), {}, false, std::nullopt};
    auto due = *found;
    macrostep next(machine.tables(), std::move(from), inputs);
    next.fire(due);
    return std::move(next).finish();
}

} // namespace rejoinder::statemachine
