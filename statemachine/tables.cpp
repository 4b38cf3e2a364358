#include "statemachine/tables.hpp"

#include <algorithm>

namespace rejoinder::statemachine {

bool handler::accepts(std::string_view event_type) const noexcept {
    switch (how) {
    case kind::exact:
        return event_type == descriptor;
    case kind::prefix:
        // `intent.*` accepts `intent.help` and, as in SCXML, `intent` itself; never `intention`.
        return event_type.starts_with(descriptor) &&
               (event_type.size() == descriptor.size() || event_type[descriptor.size()] == '.');
    case kind::any:
        return true;
    }
    return false;
}

bool compiled_machine::is_within(state_index which, state_index ancestor) const noexcept {
    return ancestor == no_state || (which >= ancestor && which < states[ancestor].end);
}

bool compiled_machine::are_together(state_index a, state_index b) const noexcept {
    if (states[a].is_history()) a = states[a].parent;
    if (states[b].is_history()) b = states[b].parent;
    if (is_within(a, b) || is_within(b, a)) return false;
    auto around = states[a].parent;
    while (around != no_state && !is_within(b, around))
        around = states[around].parent;
    return around != no_state && states[around].kind == state_kind::parallel;
}

state_index compiled_machine::find_child(state_index of, std::string_view key) const noexcept {
    for (const auto* among : {&states[of].children, &states[of].memories}) {
        auto found =
            std::ranges::find(*among, key, [&](state_index i) { return std::string_view(states[i].key); });
        if (found != among->end()) return *found;
    }
    return no_state;
}

const skill* compiled_machine::find_skill(std::string_view name) const noexcept {
    const skill* newest = nullptr;
    for (const auto& one : skills)
        if (one.name == name && (!newest || one.version > newest->version)) newest = &one;
    return newest;
}

const skill* compiled_machine::find_skill(std::string_view name, std::int64_t which) const noexcept {
    auto found = std::ranges::find_if(
        skills, [&](const skill& one) { return one.name == name && one.version == which; });
    return found == skills.end() ? nullptr : &*found;
}

state_index compiled_machine::find_path(std::string_view path) const noexcept {
    auto found = std::ranges::find(states, path, [](const state& one) { return std::string_view(one.path); });
    return found == states.end() ? no_state : static_cast<state_index>(found - states.begin());
}

std::string_view compiled_machine::match_intent(std::string_view text) const {
    utterance heard(text);
    auto found = std::ranges::find_if(intents, [&](const intent& i) { return i.said.matches(heard); });
    return found == intents.end() ? std::string_view() : std::string_view(found->name);
}

} // namespace rejoinder::statemachine
