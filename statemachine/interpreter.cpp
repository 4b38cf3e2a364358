#include "statemachine/interpreter.hpp"

#include "statemachine/execution.hpp"
#include "statemachine/transitions.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine {
namespace {

constexpr int max_microsteps = 1000;

/// A macrostep over one execution: takes transitions until the configuration is stable, the machine is done
/// or the step cannot be made. The active states are one atomic or final state and everything around it.
class macrostep {
public:
    macrostep(const compiled_machine& machine, const snapshot& from, const step_inputs& inputs)
        : machine_(machine), work_(machine, from, inputs) {}

    void begin() {
        work_.receive({"xstate.init", json::object()});
        handled_ = true;
        enter(machine_.start);
        settle();
    }

    void react(const event& what) {
        work_.receive(what);
        if (const auto* chosen = select_for_event()) take(*chosen);
        settle();
    }

    step_result finish(const snapshot& from) && {
        step_result result;
        result.handled = handled_;
        if (work_.error()) {
            result.error = work_.error();
            result.next = from;
            return result;
        }
        result.next.state = work_.current();
        result.next.standing = standing_;
        result.next.output = std::move(output_);
        result.effects = std::move(work_).take_effects();
        result.next.context = std::move(work_).take_context();
        result.next.context.compact();
        return result;
    }

private:
    bool is_over() const { return standing_ == snapshot::status::done || work_.error(); }

    /// `always` transitions come before raised events. One that changes neither state nor context would be
    /// enabled for ever: it is not tried again until something else has happened.
    void settle() {
        bool try_always = true;
        for (int microsteps = 0; !is_over(); ++microsteps) {
            if (microsteps == max_microsteps)
                return work_.fail("machine.too_many_steps",
                                  "The machine does not come to rest within 1000 steps.");
            if (const auto* chosen = try_always ? select_always() : nullptr) {
                auto state = work_.current();
                auto changes = work_.context_changes();
                take(*chosen);
                try_always = state != work_.current() || changes != work_.context_changes();
            } else if (auto raised = work_.next_raised()) {
                work_.receive(std::move(*raised));
                if (const auto* reaction = select_for_event()) take(*reaction);
                try_always = true;
            } else {
                return;
            }
        }
    }

    const transition* first_enabled(const std::vector<transition>& candidates) {
        auto enabled = [&](const transition& candidate) {
            if (!candidate.when.holds) return true;
            work_.at(candidate.when.pointer);
            return candidate.when.holds(work_);
        };
        auto found = std::ranges::find_if(candidates, enabled);
        return found == candidates.end() || work_.error() ? nullptr : &*found;
    }

    const transition* select_for_event() {
        for (auto s = work_.current(); s != no_state; s = machine_.states[s].parent)
            for (const auto& handler : machine_.states[s].handlers)
                if (handler.accepts(work_.event_type()))
                    if (const auto* found = first_enabled(handler.candidates)) return found;
        return nullptr;
    }

    const transition* select_always() {
        for (auto s = work_.current(); s != no_state; s = machine_.states[s].parent)
            if (const auto* found = first_enabled(machine_.states[s].always)) return found;
        return nullptr;
    }

    /// Leaves from the inside out, acts, enters from the outside in.
    void take(const transition& chosen) {
        handled_ = true;
        if (chosen.target != no_state) leave_until(chosen.domain);
        run(chosen.run);
        enter(chosen.entries);
    }

    void leave_until(state_index domain) {
        for (auto s = work_.current(); s != domain && s != no_state; s = machine_.states[s].parent)
            run(machine_.states[s].on_exit);
    }

    void enter(const std::vector<entry>& entries) {
        for (const auto& [which, how] : entries) {
            const auto& state = machine_.states[which];
            work_.enter(which);
            run(state.on_entry);
            if (how == entry::way::by_default) run(state.on_initial);
            if (state.kind == state_kind::final) reach_end(state);
        }
        // A machine that is done leaves its states, as SCXML asks, but the last one stays its value.
        if (standing_ == snapshot::status::done) leave_until(no_state);
    }

    void reach_end(const state& final) {
        work_.at(final.pointer);
        event done{done_event(machine_.states[final.parent].id), json::object()};
        if (final.output) done.data["output"] = final.output->evaluate(work_);
        if (final.parent != 0) return work_.raise(std::move(done));
        standing_ = snapshot::status::done;
        if (const auto& output = machine_.states[0].output) {
            // The machine's output is worked out from its last state's; the exits still see what led here.
            auto led_here = work_.current_event();
            work_.receive(std::move(done));
            output_ = output->evaluate(work_);
            work_.receive(std::move(led_here));
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
    macrostep first(tables, before, inputs);
    first.begin();
    return std::move(first).finish(before);
}

step_result step(const definition& machine, const snapshot& from, const event& what,
                 const step_inputs& inputs) {
    if (from.standing == snapshot::status::done) return {from, {}, false, std::nullopt};
    macrostep next(machine.tables(), from, inputs);
    next.react(what);
    return std::move(next).finish(from);
}

} // namespace rejoinder::statemachine
