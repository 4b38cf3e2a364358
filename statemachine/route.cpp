#include "statemachine/route.hpp"

#include <algorithm>
#include <set>

namespace rejoinder::statemachine {
namespace {

using way = entry::way;

/// Collects the states to be entered, in the document's order.
class entry_set {
public:
    entry_set(const compiled_machine& machine, const memories& remembered)
        : machine_(machine), remembered_(remembered) {}

    /// Entering a state by default lets its own `initial` act.
    void add(state_index which, way how) {
        states_.insert(which);
        if (how == way::by_default) by_default_.insert(which);
    }

    /// What is entered inside a target.
    void descend(state_index into) {
        const auto& state = machine_.states[into];
        if (state.is_history()) return remember(into);
        if (state.kind == state_kind::compound) {
            add(state.initial, way::by_default);
            descend(state.initial);
        } else if (state.kind == state_kind::parallel) {
            enter_other_regions(into, way::by_default);
        }
    }

    /// What lies between a target and the domain, with the other regions of what is parallel there.
    void climb(state_index from, state_index domain) {
        for (auto above = machine_.states[from].parent; above != no_state && above != domain;
             above = machine_.states[above].parent)
            pass(above);
    }

    void pass(state_index which) {
        add(which, way::passing);
        if (machine_.states[which].kind == state_kind::parallel) enter_other_regions(which, way::passing);
    }

    void enter_other_regions(state_index parallel, way how) {
        for (auto region : machine_.states[parallel].children) {
            if (has_inside(region)) continue;
            add(region, how);
            descend(region);
        }
    }

    /// The states that a target stands for: itself or, of a history state, what that remembers.
    std::vector<state_index> meant_by(state_index target) {
        if (!machine_.states[target].is_history()) return {target};
        met_history_ = true;
        if (const auto* known = recall(target)) return *known;
        return defaults_of(target); // none of them a history state
    }

    bool met_history() const noexcept { return met_history_; }

    std::vector<entry> take() const {
        std::vector<entry> entries;
        entries.reserve(states_.size());
        for (auto which : states_)
            entries.push_back({which, by_default_.contains(which) ? way::by_default : way::passing});
        return entries;
    }

private:
    const std::vector<state_index>* recall(state_index history) const {
        auto known = std::ranges::find(remembered_, history, &memories::value_type::first);
        return known == remembered_.end() ? nullptr : &known->second;
    }

    /// Where a history state without a target of its own leads: where the state around it begins.
    std::vector<state_index> defaults_of(state_index history) const {
        const auto& state = machine_.states[history];
        if (!state.fallback.empty()) return state.fallback;
        const auto& around = machine_.states[state.parent];
        return {around.kind == state_kind::parallel ? state.parent : around.initial};
    }

    void remember(state_index history) {
        met_history_ = true;
        const auto& state = machine_.states[history];
        const auto* known = recall(history);
        auto leads_to = known ? *known : defaults_of(history);
        bool as_at_first =
            !known && state.fallback.empty() && machine_.states[state.parent].kind == state_kind::compound;
        if (as_at_first) by_default_.insert(state.parent); // whether it is entered at all is not said by this
        for (auto which : leads_to) {
            add(which, way::passing);
            descend(which);
        }
        for (auto which : leads_to)
            climb(which, state.parent);
    }

    bool has_inside(state_index region) const {
        auto next = states_.upper_bound(region);
        return next != states_.end() && *next < machine_.states[region].end;
    }

    const compiled_machine& machine_;
    const memories& remembered_;
    std::set<state_index> states_;
    std::set<state_index> by_default_;
    bool met_history_ = false;
};

/// The nearest state that properly contains all of them, or none when one of them is the root.
state_index common_ancestor(const compiled_machine& machine, const std::vector<state_index>& of) {
    auto contains_all = [&](state_index ancestor) {
        return std::ranges::all_of(
            of, [&](state_index s) { return s != ancestor && machine.is_within(s, ancestor); });
    };
    auto ancestor = machine.states[of.front()].parent;
    while (ancestor != no_state && !contains_all(ancestor))
        ancestor = machine.states[ancestor].parent;
    return ancestor;
}

/// What stays active: the source itself when all targets lie in it and it is not to be entered again (XState
/// v5), else the nearest state around them (SCXML's transition domain).
state_index domain_of(const compiled_machine& machine, state_index source, std::vector<state_index> meant,
                      bool reenter) {
    auto lies_inside = [&](state_index target) { return machine.is_within(target, source); };
    if (!reenter && std::ranges::all_of(meant, lies_inside)) return source;
    meant.push_back(source);
    auto domain = common_ancestor(machine, meant);
    return domain == no_state && !reenter ? 0 : domain;
}

} // namespace

found_route find_route(const compiled_machine& machine, state_index source,
                       const std::vector<state_index>& targets, bool reenter, const memories& remembered,
                       std::optional<state_index> left) {
    entry_set entered(machine, remembered);
    std::vector<state_index> meant;
    for (auto target : targets)
        for (auto one : entered.meant_by(target))
            meant.push_back(one);
    auto domain = left ? *left : domain_of(machine, source, meant, reenter);
    for (auto target : targets) {
        bool stays = target == source && domain == source && !reenter;
        if (!stays && !machine.states[target].is_history()) entered.add(target, way::by_default);
        entered.descend(target);
    }
    for (auto one : meant)
        if (one != domain) entered.climb(one, domain);
    // The regions of a parallel domain are all left, so all of them are entered again.
    bool leaves_regions = domain != no_state && machine.states[domain].kind == state_kind::parallel;
    if (leaves_regions) entered.enter_other_regions(domain, way::passing);
    return {{domain, entered.take()}, entered.met_history()};
}

std::vector<entry> first_entries(const compiled_machine& machine) {
    static const memories nothing;
    entry_set entered(machine, nothing);
    entered.add(0, way::by_default);
    entered.descend(0);
    return entered.take();
}

} // namespace rejoinder::statemachine
