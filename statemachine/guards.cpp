#include "statemachine/execution.hpp"
#include "statemachine/registry.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rejoinder::statemachine {
namespace {

guard_function matches(parameters& params) {
    auto text = params.optional_value("text").value_or(value::of({reference::root::event, "/text"}));
    return [text = std::move(text), said = params.utterance()](const execution& in) {
        auto heard = text.evaluate(in);
        return heard.is_string() && said.matches(utterance(heard.get_ref<const std::string&>()));
    };
}

guard_function intent_is(parameters& params) {
    auto names = params.required_names(params.has("in") && !params.has("is") ? "in" : "is");
    return [names = std::move(names)](const execution& in) {
        return std::ranges::find(names, in.intent()) != names.end();
    };
}

guard_function equals(parameters& params) {
    auto path = params.required_reference("path");
    auto other = params.required_value("value");
    return [path = std::move(path), other = std::move(other)](const execution& in) {
        auto wanted = other.evaluate(in);
        return in.read(path) == wanted;
    };
}

/// Numbers are compared with numbers and texts with texts; anything else is neither less nor greater.
bool is_less(const json& a, const json& b) {
    bool comparable = (a.is_number() && b.is_number()) || (a.is_string() && b.is_string());
    return comparable && a < b;
}

guard_function less(parameters& params) {
    auto path = params.required_reference("path");
    auto other = params.required_value("value");
    return [path = std::move(path), other = std::move(other)](const execution& in) {
        auto bound = other.evaluate(in);
        return is_less(in.read(path), bound);
    };
}

guard_function greater(parameters& params) {
    auto path = params.required_reference("path");
    auto other = params.required_value("value");
    return [path = std::move(path), other = std::move(other)](const execution& in) {
        auto bound = other.evaluate(in);
        return is_less(bound, in.read(path));
    };
}

guard_function exists(parameters& params) {
    auto path = params.required_reference("path");
    return [path = std::move(path)](const execution& in) { return !in.read(path).is_null(); };
}

/// An element of an array, a part of a text, a member's name of an object.
guard_function contains(parameters& params) {
    auto path = params.required_reference("path");
    auto other = params.required_value("value");
    return [path = std::move(path), other = std::move(other)](const execution& in) {
        auto part = other.evaluate(in);
        const auto& whole = in.read(path);
        if (whole.is_array()) return std::ranges::find(whole, part) != whole.end();
        if (!part.is_string()) return false;
        const auto& text = part.get_ref<const std::string&>();
        if (whole.is_string()) return whole.get_ref<const std::string&>().find(text) != std::string::npos;
        return whole.is_object() && whole.contains(text);
    };
}

guard_function all_of(parameters& params) {
    return [guards = params.guards("guards")](const execution& in) {
        return std::ranges::all_of(guards, [&](const guard& g) { return g.holds(in); });
    };
}

guard_function any_of(parameters& params) {
    return [guards = params.guards("guards")](const execution& in) {
        return std::ranges::any_of(guards, [&](const guard& g) { return g.holds(in); });
    };
}

guard_function none_of(parameters& params) {
    return [guards = params.guards("guards")](const execution& in) {
        return std::ranges::none_of(guards, [&](const guard& g) { return g.holds(in); });
    };
}

guard_function state_in(parameters& params) {
    return [state = params.required_state("state")](const execution& in) { return in.is_in(state); };
}

} // namespace

std::span<const guard_kind> guard_kinds() {
    static constexpr std::array<guard_kind, 11> kinds{{{"matches", matches},
                                                       {"intent", intent_is},
                                                       {"equals", equals},
                                                       {"less", less},
                                                       {"greater", greater},
                                                       {"exists", exists},
                                                       {"contains", contains},
                                                       {"and", all_of},
                                                       {"or", any_of},
                                                       {"not", none_of},
                                                       {"stateIn", state_in}}};
    return kinds;
}

} // namespace rejoinder::statemachine
