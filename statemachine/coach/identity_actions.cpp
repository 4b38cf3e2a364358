// Identities come into being, rise and go.

#include "statemachine/coach/action_kinds.hpp"
#include "statemachine/coach/identity_rules.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

/// One step up. Who has come this far stays there: asking again is no mistake.
outcome raise(entry<coach_identity>& one, identity_state to) {
    auto below = static_cast<identity_state>(static_cast<int>(to) - 1);
    json data = {{"id", one.id}, {"name", one.value.name}};
    if (one.value.state >= to) {
        data["state"] = persistence::to_string(one.value.state);
        return done("It has come this far already.", std::move(data));
    }
    if (one.value.state != below)
        return refused("too_early", "One state follows another; none is left out.",
                       {{"id", one.id}, {"state", persistence::to_string(one.value.state)}});
    one.value.state = to;
    data["state"] = persistence::to_string(to);
    return done("The identity is " + std::string(persistence::to_string(to)) + ".", std::move(data));
}

std::optional<outcome> create(model& of, const json& wanted, circumstances& in) {
    if (of.identities.size() >= model::max_identities)
        return refused("too_many", "No more identities can be kept.");
    coach_identity made;
    made.name = tidy_name(wanted["name"].get_ref<const std::string&>());
    made.category = category_in(wanted);
    made.description = wanted.value("description", "");
    made.sort_order = static_cast<int>(of.identities.size());
    if (auto why = objection_to_name(of, made.name, "", in)) return why;
    if (auto why = objection_to(made); !why.empty()) return refused("invalid", why);
    std::erase(of.state.skipped, made.category);
    of.identities.push_back({in.new_id(), std::move(made)});
    of.unsay(said::nothing_missing);
    of.unsay(said::summary_acknowledged);
    return std::nullopt;
}

/// Raises the identity that the parameters name, after `write` has put down what comes with the state.
template <class Write>
outcome raise_with(model& of, const json& parameters, identity_state to, Write write) {
    auto* one = living_identity(of, parameters);
    if (!one) return no_identity();
    auto made = raise(*one, to);
    if (made.how == verdict::refused) return made;
    write(one->value);
    if (auto why = objection_to(one->value); !why.empty()) return refused("invalid", why);
    of.unsay(said::summary_acknowledged);
    return made;
}

constexpr auto nothing_else = [](coach_identity&) {};

} // namespace

outcome create_identity(model& of, const json& parameters, circumstances& in) {
    if (auto why = create(of, parameters, in)) return std::move(*why);
    const auto& made = of.identities.back();
    return done("The identity is proposed.", {{"id", made.id}, {"name", made.value.name}});
}

outcome create_identities(model& of, const json& parameters, circumstances& in) {
    auto made = json::array();
    for (const auto& wanted : parameters["identities"]) {
        if (auto why = create(of, wanted, in)) {
            why->data["name"] = wanted["name"];
            return std::move(*why);
        }
        made.push_back({{"id", of.identities.back().id}, {"name", of.identities.back().value.name}});
    }
    return done("The identities are proposed.", {{"identities", std::move(made)}});
}

outcome accept_identity(model& of, const json& parameters, circumstances&) {
    return raise_with(of, parameters, identity_state::accepted, nothing_else);
}

outcome complete_refinement(model& of, const json& parameters, circumstances&) {
    return raise_with(of, parameters, identity_state::refinement_complete, [&](coach_identity& one) {
        if (parameters.contains("description")) one.description = parameters["description"];
    });
}

outcome complete_commitment(model& of, const json& parameters, circumstances&) {
    return raise_with(of, parameters, identity_state::commitment_complete, nothing_else);
}

outcome complete_i_am(model& of, const json& parameters, circumstances&) {
    return raise_with(of, parameters, identity_state::i_am_complete,
                      [&](coach_identity& one) { one.i_am_statement = parameters["i_am_statement"]; });
}

outcome complete_visualization(model& of, const json& parameters, circumstances&) {
    return raise_with(of, parameters, identity_state::visualization_complete,
                      [&](coach_identity& one) { one.visualization = parameters["visualization"]; });
}

outcome archive_identity(model& of, const json& parameters, circumstances& in) {
    auto* one = living_identity(of, parameters);
    if (!one) return no_identity();
    json data = {{"id", one->id}, {"name", one->value.name}};
    archive(of, *one, in);
    return done("The identity is archived.", std::move(data));
}

outcome set_current_identity(model& of, const json& parameters, circumstances&) {
    const auto* one = living_identity(of, parameters);
    if (!one) return no_identity();
    of.state.current_identity = one->id;
    return done("This is the identity that is talked about.", {{"id", one->id}, {"name", one->value.name}});
}

} // namespace rejoinder::statemachine::coach
