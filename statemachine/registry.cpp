#include "statemachine/registry.hpp"

#include "statemachine/coach/functions.hpp"
#include "statemachine/compilation.hpp"
#include "statemachine/library.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace rejoinder::statemachine {
namespace {

const ordered_json no_parameters = ordered_json::object();

/// {"type", "params"}, or the type alone.
struct call {
    std::string name;
    place named_at;
    place params;
};

std::optional<call> read_call(const place& at, std::string_view noun, compilation& into) {
    if (at->is_string()) return call{at->get<std::string>(), at, at.with(no_parameters)};
    if (!at->is_object() || !at.has("type") || !at.member("type")->is_string()) {
        into.error(at, std::string(noun) + " is a name, or an object with 'type' and 'params'");
        return std::nullopt;
    }
    into.check_members(at, {"type", "params"});
    auto params = at.has("params") ? at.member("params") : at.with(no_parameters);
    if (!params->is_object()) {
        into.error(params, "'params' is an object");
        return std::nullopt;
    }
    return call{at.member("type")->get<std::string>(), at.member("type"), params};
}

template <class Kind>
std::vector<Kind> joined(std::span<const Kind> some, std::span<const Kind> others) {
    std::vector<Kind> all(some.begin(), some.end());
    all.insert(all.end(), others.begin(), others.end());
    return all;
}

std::span<const guard_kind> known_guards() {
    static const auto all = joined(guard_kinds(), coach::guard_kinds());
    return all;
}
std::span<const action_kind> known_actions() {
    static const auto all = joined(action_kinds(), coach::action_kinds_of_documents());
    return all;
}

template <class Kind>
const Kind* find_kind(const call& of, std::string_view noun, std::span<const Kind> built_in,
                      std::span<const Kind> installed, compilation& into) {
    std::vector<std::string_view> names;
    for (auto kinds : {built_in, installed}) {
        auto found = std::ranges::find(kinds, std::string_view(of.name), &Kind::name);
        if (found != kinds.end()) return &*found;
        std::ranges::transform(kinds, std::back_inserter(names), &Kind::name);
    }
    into.error(of.named_at,
               "there is no " + std::string(noun) + " '" + of.name + "'." + suggest(of.name, names));
    return nullptr;
}

action compile_action(const place& at, compilation& into) {
    auto called = read_call(at, "an action", into);
    if (!called) return {};
    auto later = std::ranges::find(later_actions(), std::string_view(called->name), &later_kind::name);
    if (later != later_actions().end()) {
        into.error(called->named_at, "the action '" + called->name + "' (" + std::string(later->what) +
                                         ") is not supported yet");
        return {};
    }
    const auto* kind = find_kind(*called, "action", known_actions(), std::span(installed().actions), into);
    if (!kind) return {};
    parameters params(called->name, called->params, into);
    action made{kind->compile(params), at.pointer(), kind->what};
    params.finish();
    return made;
}

} // namespace

bool is_protocols_own(std::string_view kind) {
    static constexpr std::array<std::string_view, 5> own{"say", "ask", "notice", "tool", "state"};
    return std::ranges::find(own, kind) != own.end() || kind.starts_with("turn.") ||
           kind.starts_with("session.");
}

std::span<const std::string_view> actor_names() {
    static constexpr std::array<std::string_view, 2> names{answering_actor, waiting_actor};
    return names;
}

bool is_actor(std::string_view name) {
    return std::ranges::find(actor_names(), name) != actor_names().end();
}

guard compile_guard(const place& at, compilation& into) {
    auto called = read_call(at, "a guard", into);
    if (!called) return {};
    const auto* kind = find_kind(*called, "guard", known_guards(), std::span(installed().guards), into);
    if (!kind) return {};
    parameters params(called->name, called->params, into);
    guard made{kind->compile(params), at.pointer()};
    params.finish();
    return made;
}

actions compile_actions(const place& at, compilation& into) {
    actions made;
    if (!at->is_array()) {
        made.push_back(compile_action(at, into));
        return made;
    }
    made.reserve(at->size());
    for (std::size_t i = 0; i < at->size(); ++i)
        made.push_back(compile_action(at.element(i), into));
    return made;
}

} // namespace rejoinder::statemachine
