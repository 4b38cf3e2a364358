#include "statemachine/selection.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
namespace {

const transition* first_enabled(const std::vector<transition>& candidates, const execution& in) {
    auto enabled = [&](const transition& candidate) {
        if (!candidate.when.holds) return true;
        in.at(candidate.when.pointer);
        return candidate.when.holds(in);
    };
    auto found = std::ranges::find_if(candidates, enabled);
    return found == candidates.end() || in.error() ? nullptr : &*found;
}

const transition* own_answer(const state& of, const execution& in) {
    for (const auto& handler : of.handlers)
        if (handler.accepts(in.event_type()))
            if (const auto* found = first_enabled(handler.candidates, in)) return found;
    return nullptr;
}

/// What came of asking an active state and those inside it.
struct asked {
    std::size_t behind; ///< position of the active state behind them
    bool has_answered;
};

/// `at` is a position among the active states.
asked ask_inside(const compiled_machine& machine, const execution& in, std::size_t at,
                 chosen_transitions& chosen) {
    const auto& state = machine.states[in.active[at]];
    asked inside{at + 1, false};
    while (inside.behind < in.active.size() && in.active[inside.behind] < state.end) {
        auto next = ask_inside(machine, in, inside.behind, chosen);
        inside = {next.behind, inside.has_answered || next.has_answered};
    }
    const auto* own = inside.has_answered ? nullptr : own_answer(state, in);
    if (own) chosen.push_back(own);
    return {inside.behind, inside.has_answered || own};
}

} // namespace

chosen_transitions select_for_event(const compiled_machine& machine, const execution& in) {
    chosen_transitions chosen;
    if (!in.active.empty()) ask_inside(machine, in, 0, chosen);
    return chosen;
}

chosen_transitions select_always(const compiled_machine& machine, const execution& in) {
    chosen_transitions chosen;
    if (!machine.has_always) return chosen;
    for (auto leaf : in.active) {
        if (!machine.states[leaf].is_leaf()) continue;
        for (auto s = leaf; s != no_state; s = machine.states[s].parent) {
            const auto* found = first_enabled(machine.states[s].always, in);
            if (!found) continue;
            if (std::ranges::find(chosen, found) == chosen.end()) chosen.push_back(found);
            break;
        }
    }
    return chosen;
}

} // namespace rejoinder::statemachine
