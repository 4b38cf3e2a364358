#include "statemachine/coach/identity_rules.hpp"

#include "persistence/case_folding.hpp"

#include <algorithm>

namespace rejoinder::statemachine::coach {

std::string tidy_name(std::string_view name) {
    name = without_outer_spaces(name);
    while (!name.empty() && (name.back() == '.' || name.back() == ',' || name.back() == ';'))
        name = without_outer_spaces(name.substr(0, name.size() - 1));
    return std::string(name);
}

identity_category category_in(const json& parameters) {
    return persistence::choice_of<identity_category>(parameters["category"].get_ref<const std::string&>())
        .value_or(identity_category::passions_and_talents);
}

entry<coach_identity>* living_identity(model& of, const json& parameters, const char* member) {
    auto* found = of.find_identity(parameters[member].get_ref<const std::string&>());
    return found && found->value.state != identity_state::archived ? found : nullptr;
}

outcome no_identity() {
    return refused("not_found", "The user has no such identity.");
}

std::optional<outcome> objection_to_name(const model& of, std::string_view name, std::string_view of_whom,
                                         const circumstances& in) {
    auto folded = fold_name(name);
    for (const auto* other : of.living())
        if (other->id != of_whom && fold_name(other->value.name) == folded)
            return refused("name_taken", "Another identity has this name.",
                           {{"id", other->id}, {"name", other->value.name}});
    if (std::ranges::find(in.let_go, folded) != in.let_go.end())
        return refused("name_taken", "The name has just been let go; it can be taken in the next turn.");
    return std::nullopt;
}

void archive(model& of, entry<coach_identity>& one, circumstances& in) {
    in.let_go.push_back(fold_name(one.value.name));
    one.value.state = identity_state::archived;
    if (of.state.current_identity == one.id) of.state.current_identity.clear();
    for (auto& other : of.identities)
        if (other.value.parent == one.id) other.value.parent.clear();
    of.unsay(said::summary_acknowledged);
}

} // namespace rejoinder::statemachine::coach
