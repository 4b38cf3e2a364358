#include "statemachine/checks.hpp"

#include <algorithm>
#include <vector>

namespace rejoinder::statemachine {
namespace {

/// Walks every transition that may ever be taken.
class reachability {
public:
    explicit reachability(const compiled_machine& machine)
        : machine_(machine), entered_(machine.states.size()) {}

    std::vector<bool> run() {
        enter(machine_.start);
        while (!open_.empty()) {
            const auto& next = machine_.states[open_.back()];
            open_.pop_back();
            follow(next.always);
            for (const auto& handler : next.handlers)
                follow(handler.candidates);
        }
        return std::move(entered_);
    }

private:
    void follow(const std::vector<transition>& candidates) {
        for (const auto& candidate : candidates) {
            enter(candidate.way.entries);
            if (!candidate.when.holds) break;
        }
    }

    void enter(const std::vector<entry>& entries) {
        for (const auto& entered : entries) {
            if (entered_[entered.state]) continue;
            entered_[entered.state] = true;
            open_.push_back(entered.state);
        }
    }

    const compiled_machine& machine_;
    std::vector<bool> entered_;
    std::vector<state_index> open_;
};

/// Whether only this leaf is active when it is: no state around it is parallel.
bool is_alone(const compiled_machine& machine, state_index leaf) {
    for (auto s = machine.states[leaf].parent; s != no_state; s = machine.states[s].parent)
        if (machine.states[s].kind == state_kind::parallel) return false;
    return true;
}

/// The `always` transition that is certainly taken in this atomic state; null when a guard, another region or
/// a memory has a say.
const transition* certain_always(const compiled_machine& machine, state_index leaf) {
    bool ends = machine.states[leaf].kind == state_kind::final && machine.states[leaf].parent == 0;
    if (ends || !is_alone(machine, leaf)) return nullptr;
    for (auto s = leaf; s != no_state; s = machine.states[s].parent) {
        const auto& always = machine.states[s].always;
        if (always.empty()) continue;
        return always.front().when.holds || always.front().remembers ? nullptr : &always.front();
    }
    return nullptr;
}

bool changes_context(const actions& run) {
    return std::ranges::any_of(run, [](const action& a) { return a.what == touches::context; });
}

} // namespace

void check_reachability(compilation& into) {
    auto entered = reachability(into.machine).run();
    for (std::size_t i = 0; i < entered.size(); ++i) {
        const auto& state = into.machine.states[i];
        // A state that is never entered says it for everything inside it.
        if (!entered[i] && !state.is_history() && entered[state.parent])
            into.error_at(state.pointer, "no transition leads to the state '" + state.path + "'");
    }
}

void check_always_cycles(compilation& into) {
    const auto& states = into.machine.states;
    enum class color { unseen, open, closed };
    std::vector<color> colors(states.size(), color::unseen);
    for (state_index start = 0; start < states.size(); ++start) {
        if (states[start].kind != state_kind::atomic) continue;
        std::vector<state_index> way;
        auto at = start;
        while (colors[at] == color::unseen) {
            colors[at] = color::open;
            way.push_back(at);
            const auto* next = certain_always(into.machine, at);
            if (!next || (next->targets.empty() && !changes_context(next->run))) break;
            if (!next->way.entries.empty()) at = next->way.entries.back().state;
            if (!is_alone(into.machine, at)) break;
            if (colors[at] == color::open)
                into.error_at(next->pointer,
                              "these 'always' transitions go round for ever: one of them needs a guard");
        }
        for (auto seen : way)
            colors[seen] = color::closed;
    }
}

} // namespace rejoinder::statemachine
