#include "statemachine/planned_moves.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine {
namespace {

/// Of a state that several transitions enter, by default first.
bool comes_before(const entry& a, const entry& b) {
    return a.state != b.state ? a.state < b.state : a.how > b.how;
}

class conflicts {
public:
    conflicts(const compiled_machine& machine, const std::vector<state_index>& active)
        : machine_(machine), active_(active) {}

    planned_moves without(planned_moves moves) const {
        planned_moves kept;
        for (auto& next : moves) {
            auto preempts = [&](const planned_move& former) {
                return are_rivals(next, former) && !is_left(machine_, next.what->source, former.what->source);
            };
            if (std::ranges::any_of(kept, preempts)) continue;
            auto gone = std::ranges::remove_if(
                kept, [&](const planned_move& former) { return are_rivals(next, former); });
            kept.erase(gone.begin(), gone.end());
            kept.push_back(std::move(next));
        }
        return kept;
    }

private:
    /// Whether one of the two leaves a state that the other leaves as well.
    bool are_rivals(const planned_move& a, const planned_move& b) const {
        const auto* of_a = a.way();
        const auto* of_b = b.way();
        if (!of_a || !of_b) return false;
        if (machine_.is_within(of_a->domain, of_b->domain)) return leaves_something(*of_a);
        return machine_.is_within(of_b->domain, of_a->domain) && leaves_something(*of_b);
    }

    bool leaves_something(const route& way) const {
        return std::ranges::any_of(active_, [&](state_index s) { return is_left(machine_, s, way.domain); });
    }

    const compiled_machine& machine_;
    const std::vector<state_index>& active_;
};

} // namespace

planned_moves plan_moves(const compiled_machine& machine, const chosen_transitions& chosen,
                         const std::vector<state_index>& active, const memories& history) {
    planned_moves moves;
    for (const auto* one : chosen) {
        auto& made = moves.emplace_back(planned_move{one, {}});
        if (one->remembers)
            made.by_memory = find_route(machine, one->source, one->targets, one->reenter, history).way;
    }
    return moves.size() > 1 ? conflicts(machine, active).without(std::move(moves)) : moves;
}

void remember_what_was_left(planned_moves& moves, const compiled_machine& machine, const memories& history) {
    for (auto& [what, way] : moves)
        if (what->remembers)
            way = find_route(machine, what->source, what->targets, what->reenter, history, way.domain).way;
}

std::vector<entry> entries_of(const planned_moves& moves) {
    std::vector<entry> entries;
    for (const auto& one : moves)
        if (const auto* way = one.way())
            entries.insert(entries.end(), way->entries.begin(), way->entries.end());
    std::ranges::sort(entries, comes_before);
    return entries;
}

} // namespace rejoinder::statemachine
