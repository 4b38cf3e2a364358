#include "statemachine/configuration.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
namespace {

/// Walks down from a state along those that are given.
class completion {
public:
    completion(const compiled_machine& machine, const std::vector<state_index>& given)
        : machine_(machine), given_(given) {}

    void enter(state_index which) {
        const auto& state = machine_.states[which];
        if (state.is_leaf()) leaves_.push_back(which);
        if (state.kind == state_kind::parallel)
            for (auto region : state.children)
                enter(region);
        if (state.kind == state_kind::compound) enter(choose(state));
    }

    const std::optional<std::pair<state_index, state_index>>& rivals() const noexcept { return rivals_; }
    std::vector<state_index> take() && { return std::move(leaves_); }

private:
    state_index choose(const state& compound) {
        auto chosen = no_state;
        auto because = no_state;
        for (auto child : compound.children) {
            auto inside = given_inside(child);
            if (inside == no_state) continue;
            if (chosen != no_state && !rivals_) rivals_.emplace(because, inside);
            if (chosen != no_state) continue;
            chosen = child;
            because = inside;
        }
        return chosen == no_state ? compound.initial : chosen;
    }

    state_index given_inside(state_index which) const {
        auto found =
            std::ranges::find_if(given_, [&](state_index one) { return machine_.is_within(one, which); });
        return found == given_.end() ? no_state : *found;
    }

    const compiled_machine& machine_;
    const std::vector<state_index>& given_;
    std::vector<state_index> leaves_;
    std::optional<std::pair<state_index, state_index>> rivals_;
};

bool is_complete(const compiled_machine& machine, state_index which, const std::vector<state_index>& leaves) {
    const auto& state = machine.states[which];
    auto has_ended = [&](state_index child) { return is_complete(machine, child, leaves); };
    if (state.kind == state_kind::parallel) return std::ranges::all_of(state.children, has_ended);
    auto is_reached = [&](state_index child) {
        return machine.states[child].kind == state_kind::final &&
               std::ranges::find(leaves, child) != leaves.end();
    };
    if (state.kind == state_kind::compound) return std::ranges::any_of(state.children, is_reached);
    return state.kind == state_kind::final;
}

} // namespace

std::optional<std::vector<state_index>> complete(const compiled_machine& machine,
                                                 const std::vector<state_index>& states,
                                                 std::pair<state_index, state_index>& rivals) {
    completion whole(machine, states);
    whole.enter(0);
    const auto& clash = whole.rivals();
    if (!clash) return std::move(whole).take();
    rivals = *clash;
    return std::nullopt;
}

std::vector<state_index> leaves_by_default(const compiled_machine& machine, state_index of) {
    static const std::vector<state_index> nothing;
    completion inside(machine, nothing);
    inside.enter(of);
    return std::move(inside).take();
}

bool has_ended(const compiled_machine& machine, const std::vector<state_index>& leaves) {
    return is_complete(machine, 0, leaves);
}

} // namespace rejoinder::statemachine
