#include "statemachine/coach/actions.hpp"

#include "statemachine/coach/action_kinds.hpp"
#include "statemachine/coach/schema_check.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

std::optional<std::string> problem_of(const action_kind& kind, const json& parameters) {
    static const auto schemas = [] {
        std::map<std::string_view, std::unique_ptr<const json_schema>> all;
        for (const auto& one : action_kinds())
            all.emplace(one.name, std::make_unique<const json_schema>(schema_of(one)));
        return all;
    }();
    return schemas.at(kind.name)->problem_of(parameters);
}

/// Of the model's bytes: what the conversation may take, which no action can refuse.
constexpr std::size_t for_talk = 24 * 1024;

/// Other sessions may have filled the model beyond its bound. Whoever makes it smaller, or only takes a step
/// (a longer word for a state; of these there are as many as identities), is not held up by that.
bool has_room(const model& before, const model& changed, const action_kind& kind) {
    constexpr std::size_t step = 32;
    constexpr std::size_t for_steps = 4 * 1024; // of what is for talk
    constexpr std::size_t bound = model::max_bytes - for_talk;
    auto size = to_text(to_json(changed)).size();
    if (size <= bound || kind.about == concern::topic) return true;
    auto was = to_text(to_json(before)).size();
    return size <= was || (size <= was + step && size <= bound + for_steps);
}

/// Reads {"action", "parameters"}; false when it is neither.
bool read(const json& asked, action_result& into) {
    if (!asked.is_object() || !asked.contains("action") || !asked["action"].is_string()) return false;
    for (const auto& [member, ignored] : asked.items())
        if (member != "action" && member != "parameters") return false;
    into.action = asked["action"];
    into.parameters = asked.value("parameters", json::object());
    return true;
}

json allowed_in(coach_phase phase) {
    auto names = json::array();
    for (auto name : action_names())
        if (is_allowed(name, phase)) names.push_back(name);
    return names;
}

/// Without consent nothing is kept, not even a word about where the coaching stands.
bool is_consent(const action_kind& kind, const json& parameters) {
    return kind.name == "note_statement" && parameters.value("statement", "") == said::consented;
}

std::optional<outcome> objection(const model& to, const action_kind& kind, const json& parameters) {
    auto phase = to.state.phase;
    if (auto problem = problem_of(kind, parameters)) return refused("invalid", std::move(*problem));
    if (!is_allowed(kind.name, phase))
        return refused("not_allowed_here",
                       "The phase " + std::string(persistence::to_string(phase)) + " does not allow this.",
                       {{"phase", persistence::to_string(phase)}, {"allowed", allowed_in(phase)}});
    if (!to.has_said(said::consented) && !is_consent(kind, parameters))
        return refused("no_consent", "The user has not consented yet.");
    if (to.resting && kind.about != concern::aside)
        return refused("on_break", "The user takes a break.", {{"break", to.resting->id}});
    return std::nullopt;
}

outcome run(model& to, const action_kind& kind, const json& parameters, circumstances& in) {
    if (auto why = objection(to, kind, parameters)) return std::move(*why);
    auto changed = to;
    auto let_go = in.let_go;
    auto made = kind.run(changed, parameters, in);
    if (made.how == verdict::done && !has_room(to, changed, kind))
        made = refused("too_large", "There is no room for more.");
    if (made.how == verdict::refused) {
        in.let_go = std::move(let_go);
        return made;
    }
    if (kind.about == concern::coaching) changed.unsay(between_stages);
    to = std::move(changed);
    return made;
}

} // namespace

outcome done(std::string message, json data) {
    return {verdict::done, std::move(message), std::move(data)};
}

outcome refused(std::string code, std::string message, json data) {
    data["code"] = std::move(code);
    return {verdict::refused, std::move(message), std::move(data)};
}

json to_json(const action_result& of) {
    return {{"action", of.action}, {"success", of.done()}, {"message", of.message}, {"data", of.data}};
}

action_result apply(model& to, const json& asked, circumstances& in) {
    constexpr std::size_t longest_name = 64;
    action_result result;
    if (!read(asked, result)) {
        result.action = "?";
        result.message = "An action is an object with 'action', a name, and 'parameters'.";
        result.data = {{"code", "invalid"}};
        return result;
    }
    const auto* kind = find_action(result.action);
    auto made =
        kind ? run(to, *kind, result.parameters, in) : refused("unknown_action", "There is no such action.");
    if (!kind) result.action = is_client_id(result.action) ? result.action.substr(0, longest_name) : "?";
    result.how = made.how;
    result.message = std::move(made.message);
    result.data = std::move(made.data);
    return result;
}

json without_nulls(json actions) {
    if (actions.is_array()) {
        for (auto& element : actions)
            element = without_nulls(std::move(element));
    } else if (actions.is_object()) {
        for (auto it = actions.begin(); it != actions.end();) {
            *it = without_nulls(std::move(*it));
            it = it->is_null() ? actions.erase(it) : std::next(it);
        }
    }
    return actions;
}

bool are_well_formed(const json& actions) {
    if (!actions.is_array()) return false;
    return std::ranges::all_of(actions, [](const json& one) {
        action_result asked;
        if (!read(one, asked)) return false;
        const auto* kind = find_action(asked.action);
        return kind && !problem_of(*kind, asked.parameters);
    });
}

} // namespace rejoinder::statemachine::coach
