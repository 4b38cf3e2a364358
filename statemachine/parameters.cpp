#include "statemachine/parameters.hpp"

#include "persistence/ids.hpp"
#include "statemachine/compilation.hpp"
#include "statemachine/registry.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
namespace {

constexpr std::string_view context_root = "/context/";

std::string in_quotes(std::string_view name) {
    return "'" + std::string(name) + "'";
}

} // namespace

parameters::parameters(std::string owner, place object, compilation& into)
    : owner_(std::move(owner)), object_(std::move(object)), into_(into) {}

bool parameters::has(std::string_view name) const {
    return object_.has(name);
}

std::optional<place> parameters::take(std::string_view name) {
    known_.push_back(name);
    if (!has(name)) return std::nullopt;
    return object_.member(name);
}

std::optional<place> parameters::require(std::string_view name) {
    auto found = take(name);
    if (!found) into_.error(object_, in_quotes(owner_) + " needs the parameter " + in_quotes(name));
    return found;
}

void parameters::reject(std::string_view name, std::string message) {
    into_.error(object_.member(name), std::move(message));
}

void parameters::finish() {
    into_.check_members(object_, known_);
}

value parameters::required_value(std::string_view name) {
    auto found = require(name);
    return found ? value::compile(*found, into_) : value();
}

std::optional<value> parameters::optional_value(std::string_view name) {
    auto found = take(name);
    if (!found) return std::nullopt;
    return value::compile(*found, into_);
}

std::string parameters::required_name(std::string_view name) {
    auto found = require(name);
    if (!found) return {};
    if (!(*found)->is_string() || !is_client_id((*found)->get_ref<const std::string&>())) {
        into_.error(*found, in_quotes(name) + " is a name: 1 to 64 letters, digits and any of - _ . :");
        return {};
    }
    return (*found)->get<std::string>();
}

std::vector<std::string> parameters::required_names(std::string_view name) {
    auto found = require(name);
    if (!found) return {};
    auto named = [](const ordered_json& text) {
        return text.is_string() && is_client_id(text.get_ref<const std::string&>());
    };
    if (named(**found)) return {(*found)->get<std::string>()};
    if ((*found)->is_array() && !(*found)->empty() && std::ranges::all_of(**found, named))
        return (*found)->get<std::vector<std::string>>();
    into_.error(*found,
                in_quotes(name) + " is a name or an array of names: letters, digits and any of - _ . :");
    return {};
}

std::optional<milliseconds> parameters::optional_duration(std::string_view name, milliseconds least,
                                                          milliseconds most) {
    auto found = take(name);
    if (!found) return std::nullopt;
    if ((*found)->is_number_integer() && **found >= least.count() && **found <= most.count())
        return milliseconds((*found)->get<milliseconds::rep>());
    into_.error(*found, in_quotes(name) + " is a whole number of milliseconds from " +
                            std::to_string(least.count()) + " to " + std::to_string(most.count()));
    return std::nullopt;
}

std::optional<timer_policy> parameters::optional_timer_policy(std::string_view name) {
    auto found = take(name);
    if (!found) return std::nullopt;
    auto policy =
        (*found)->is_string() ? parse_timer_policy((*found)->get_ref<const std::string&>()) : std::nullopt;
    if (!policy) into_.error(*found, in_quotes(name) + " is deadline, remaining or restart");
    return policy;
}

std::vector<value> parameters::texts() {
    auto text = take("text");
    auto any = take("any");
    if (text.has_value() == any.has_value()) {
        into_.error(object_,
                    in_quotes(owner_) + " needs either 'text' or 'any' (texts of which one is drawn)");
        return {value()};
    }
    if (text) {
        if (!(*text)->is_string() && !(*text)->is_object()) into_.error(*text, "'text' is a text");
        return {value::compile(*text, into_)};
    }
    if (!(*any)->is_array() || (*any)->empty()) {
        into_.error(*any, "'any' is an array of texts");
        return {value()};
    }
    std::vector<value> made;
    made.reserve((*any)->size());
    for (std::size_t i = 0; i < (*any)->size(); ++i) {
        auto one = any->element(i);
        if (!one->is_string()) into_.error(one, "'any' is an array of texts");
        made.push_back(value::compile(one, into_));
    }
    return made;
}

reference parameters::required_reference(std::string_view name) {
    auto found = require(name);
    if (!found) return {};
    const auto* text = (*found)->is_string() ? (*found)->get_ptr<const std::string*>() : nullptr;
    auto where = text ? parse_pointer_reference(*text) : std::nullopt;
    if (!where) {
        into_.error(*found, text ? not_a_reference(*text)
                                 : in_quotes(name) + " is a JSON Pointer, as \"/event/text\"");
        return {};
    }
    into_.reads(*where);
    return *where;
}

std::string parameters::required_context_path(std::string_view name) {
    auto found = require(name);
    if (!found) return {};
    auto where = (*found)->is_string() ? parse_pointer_reference((*found)->get_ref<const std::string&>())
                                       : std::nullopt;
    if (!where || where->from != reference::root::context || where->below.empty()) {
        into_.error(*found, in_quotes(name) + " is a JSON Pointer below /context, as \"/context/name\"");
        return {};
    }
    return where->below;
}

utterance_pattern parameters::utterance() {
    take("any");
    take("regex");
    return utterance_pattern::compile(object_, into_);
}

state_index parameters::required_state(std::string_view name) {
    auto found = require(name);
    if (!found) return 0;
    auto state = (*found)->is_string() ? into_.find_state((*found)->get_ref<const std::string&>()) : no_state;
    if (state != no_state && !into_.machine.states[state].is_history()) return state;
    into_.error(*found,
                "there is no such state; it is named by its dotted path from the root, or by '#' and its id");
    return 0;
}

std::vector<guard> parameters::guards(std::string_view name) {
    auto found = require(name);
    if (!found) return {};
    if (!(*found)->is_array() || (*found)->empty()) {
        into_.error(*found, in_quotes(name) + " is an array of guards");
        return {};
    }
    std::vector<guard> made;
    made.reserve((*found)->size());
    for (std::size_t i = 0; i < (*found)->size(); ++i)
        made.push_back(compile_guard(found->element(i), into_));
    return made;
}

std::vector<std::pair<std::string, text_template>>
parameters::required_templates(std::string_view name,
                               const std::function<std::string(const reference&)>& objection) {
    auto found = require(name);
    if (!found) return {};
    if (!(*found)->is_object()) {
        into_.error(*found, in_quotes(name) + " is an object of texts");
        return {};
    }
    std::vector<std::pair<std::string, text_template>> made;
    for (const auto& [member, ignored] : (*found)->items()) {
        auto at = std::optional(found->member(member));
        if ((*at)->is_object() && (*at)->size() == 1 && at->has("file"))
            at = into_.find_file(at->member("file"));
        if (!at) continue;
        if (!(*at)->is_string()) {
            into_.error(*at, "this is a text, or {\"file\": \"...\"}");
            continue;
        }
        auto text = text_template::compile(*at, into_);
        for (const auto& where : text.reads())
            if (auto why = objection(where); !why.empty()) into_.error(*at, std::move(why));
        made.emplace_back(member, std::move(text));
    }
    return made;
}

void parameters::reads(const reference& where) {
    into_.reads(where);
}

std::vector<std::pair<std::string, value>> parameters::assignments() {
    std::vector<std::pair<std::string, value>> made;
    if (object_->empty()) into_.error(object_, in_quotes(owner_) + " needs at least one name with a value");
    for (const auto& [name, ignored] : object_->items()) {
        auto at = object_.member(name);
        known_.push_back(name);
        auto where =
            parse_pointer_reference(name.starts_with(context_root) ? name : "/context/" + escape_token(name));
        if (!where || where->from != reference::root::context || where->below.size() < 2)
            into_.error(at, in_quotes(name) + " names no place in the context");
        else
            made.emplace_back(where->below, value::compile(at, into_));
    }
    return made;
}

} // namespace rejoinder::statemachine
