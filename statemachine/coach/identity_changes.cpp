// Identities change without rising.

#include "statemachine/coach/action_kinds.hpp"
#include "statemachine/coach/identity_rules.hpp"

#include "persistence/case_folding.hpp"

#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

json data_of(const entry<coach_identity>& one) {
    return {{"id", one.id}, {"name", one.value.name}};
}

/// Whether `inner` lies in `outer`, however deep.
bool lies_in(const model& of, std::string_view inner, std::string_view outer) {
    auto at = std::string(inner);
    for (std::size_t depth = 0; !at.empty() && depth <= of.identities.size(); ++depth) {
        if (at == outer) return true;
        const auto* one = of.find_identity(at);
        at = one ? one->value.parent : std::string();
    }
    return false;
}

} // namespace

outcome update_identity(model& of, const json& parameters, circumstances&) {
    auto* one = living_identity(of, parameters);
    if (!one) return no_identity();
    auto& value = one->value;
    if (parameters.contains("category")) value.category = category_in(parameters);
    if (parameters.contains("description")) value.description = parameters["description"];
    if (parameters.contains("visualization")) value.visualization = parameters["visualization"];
    if (parameters.contains("i_am_statement")) {
        value.i_am_statement = parameters["i_am_statement"];
        of.unsay(said::summary_acknowledged);
    }
    if (auto why = objection_to(value); !why.empty()) return refused("invalid", why);
    return done("The identity is changed.", data_of(*one));
}

outcome rename_identity(model& of, const json& parameters, circumstances& in) {
    auto* one = living_identity(of, parameters);
    if (!one) return no_identity();
    auto name = tidy_name(parameters["name"].get_ref<const std::string&>());
    if (auto why = objection_to_name(of, name, one->id, in)) return std::move(*why);
    if (fold_name(name) != fold_name(one->value.name)) in.let_go.push_back(fold_name(one->value.name));
    one->value.name = std::move(name);
    if (auto why = objection_to(one->value); !why.empty()) return refused("invalid", why);
    return done("The identity has another name.", data_of(*one));
}

outcome add_identity_note(model& of, const json& parameters, circumstances&) {
    auto* one = living_identity(of, parameters);
    if (!one) return no_identity();
    one->value.notes.push_back(parameters["note"]);
    if (auto why = objection_to(one->value); !why.empty()) return refused("too_many", why);
    return done("The note is kept with the identity.", data_of(*one));
}

outcome nest_identity(model& of, const json& parameters, circumstances&) {
    auto* one = living_identity(of, parameters);
    if (!one) return no_identity();
    if (parameters["parent"].get_ref<const std::string&>().empty()) {
        one->value.parent.clear();
        return done("The identity stands alone.", data_of(*one));
    }
    const auto* parent = living_identity(of, parameters, "parent");
    if (!parent) return no_identity();
    if (lies_in(of, parent->id, one->id))
        return refused("in_a_circle", "An identity can't be part of itself.", data_of(*one));
    one->value.parent = parent->id;
    auto data = data_of(*one);
    data["parent"] = parent->id;
    return done("The identity is part of the other.", std::move(data));
}

outcome combine_identities(model& of, const json& parameters, circumstances& in) {
    auto* kept = living_identity(of, parameters, "keep");
    auto* merged = living_identity(of, parameters, "merge");
    if (!kept || !merged) return no_identity();
    if (kept == merged) return refused("the_same", "An identity is one with itself already.");
    for (auto& note : merged->value.notes)
        kept->value.notes.push_back(note);
    if (kept->value.description.empty()) kept->value.description = merged->value.description;
    if (kept->value.parent == merged->id) kept->value.parent = merged->value.parent;
    for (auto& other : of.identities)
        if (other.value.parent == merged->id && other.id != kept->id) other.value.parent = kept->id;
    if (auto why = objection_to(kept->value); !why.empty()) return refused("too_many", why);
    auto data = data_of(*kept);
    data["archived"] = merged->id;
    archive(of, *merged, in);
    return done("The two are one.", std::move(data));
}

} // namespace rejoinder::statemachine::coach
