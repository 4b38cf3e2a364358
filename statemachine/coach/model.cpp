#include "statemachine/coach/model.hpp"

#include "persistence/case_folding.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::statemachine::coach {

namespace {

/// Null when there is none; const as the entries are.
template <class Entries>
auto by_id(Entries& all, std::string_view id) -> decltype(&all.front()) {
    auto found = std::ranges::find(all, id, [](const auto& one) -> std::string_view { return one.id; });
    return found == all.end() ? nullptr : &*found;
}

bool is_living(const entry<coach_identity>& one) {
    return one.value.state != identity_state::archived;
}

template <class Entries>
auto identity_in(Entries& all, std::string_view id_or_name) -> decltype(&all.front()) {
    if (auto* found = by_id(all, id_or_name)) return found;
    auto folded = fold_name(id_or_name);
    auto found = std::ranges::find_if(
        all, [&](const auto& one) { return is_living(one) && fold_name(one.value.name) == folded; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace

std::span<const std::string_view> questions() noexcept {
    static constexpr std::array<std::string_view, 5> names{
        "background_upbringing", "family_structure", "work_living", "hobbies_interests", "why_here_hopes"};
    return names;
}

bool model::has_said(std::string_view flag) const {
    return std::ranges::find(state.flags, flag) != state.flags.end();
}

void model::say(std::string_view flag) {
    if (!has_said(flag)) state.flags.emplace_back(flag);
}

void model::unsay(std::string_view flag) {
    std::erase(state.flags, flag);
}

bool model::is_skipped(identity_category which) const {
    return std::ranges::find(state.skipped, which) != state.skipped.end();
}

entry<coach_identity>* model::find_identity(std::string_view id_or_name) {
    return identity_in(identities, id_or_name);
}

const entry<coach_identity>* model::find_identity(std::string_view id_or_name) const {
    return identity_in(identities, id_or_name);
}

entry<action_item>* model::find_item(std::string_view id_or_text) {
    if (auto* found = by_id(items, id_or_text)) return found;
    auto folded = fold_name(id_or_text);
    auto found = std::ranges::find_if(items, [&](const auto& one) {
        return one.value.status == persistence::action_status::open && fold_name(one.value.text) == folded;
    });
    return found == items.end() ? nullptr : &*found;
}

entry<user_note>* model::find_note(std::string_view id) {
    return by_id(notes, id);
}

std::vector<const entry<coach_identity>*> model::living() const {
    std::vector<const entry<coach_identity>*> found;
    for (const auto& one : identities)
        if (is_living(one)) found.push_back(&one);
    return found;
}

std::vector<const entry<coach_identity>*> model::living(identity_category of) const {
    auto found = living();
    std::erase_if(found, [&](const auto* one) { return one->value.category != of; });
    return found;
}

std::vector<const entry<action_item>*> model::open_items() const {
    std::vector<const entry<action_item>*> found;
    for (const auto& one : items)
        if (one.value.status == persistence::action_status::open) found.push_back(&one);
    return found;
}

} // namespace rejoinder::statemachine::coach
