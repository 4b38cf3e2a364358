#include "statemachine/compile.hpp"

#include "context/context_value.hpp"
#include "persistence/hash.hpp"
#include "persistence/ids.hpp"
#include "statemachine/checks.hpp"
#include "statemachine/compile_migrations.hpp"
#include "statemachine/registry.hpp"
#include "statemachine/route.hpp"
#include "statemachine/state_tree.hpp"
#include "statemachine/transitions.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace rejoinder::statemachine {
namespace {

bool is_within_depth(const ordered_json& value, std::size_t depth) {
    if (!value.is_structured()) return true;
    return depth > 0 &&
           std::ranges::all_of(value, [&](const ordered_json& v) { return is_within_depth(v, depth - 1); });
}

void compile_identity(const place& root, compilation& into) {
    auto& machine = into.machine;
    if (!root.has("id")) {
        into.error(root, "'id' is missing: a machine has a name");
    } else if (!root.member("id")->is_string() ||
               !is_client_id(root.member("id")->get_ref<const std::string&>())) {
        into.error(root.member("id"), "'id' is 1 to 64 letters, digits and any of - _ . :");
    } else {
        machine.id = root.member("id")->get<std::string>();
    }

    if (!root.has("version")) {
        into.error(root, "'version' is missing: a machine has a number that grows when it changes");
    } else if (!root.member("version")->is_number_integer() || *root.member("version") < 1) {
        into.error(root.member("version"), "'version' is a whole number from 1");
    } else {
        machine.version = root.member("version")->get<std::int64_t>();
    }
}

void compile_context(const place& root, compilation& into) {
    context::context_value initial;
    if (root.has("context")) {
        auto at = root.member("context");
        if (!at->is_object()) into.error(at, "'context' is an object");
        initial = context::context_value(*at);
        if (initial.size() > context::context_value::max_size)
            into.error(at, "'context' has at most 256 KiB");
    }
    into.machine.context = initial.serialise();
}

void compile_intent(const place& at, std::set<std::string>& names, compilation& into) {
    if (!at->is_object()) return into.error(at, "an intent is an object with 'name' and 'any' or 'regex'");
    into.check_members(at, {"name", "any", "regex", "description"});
    auto name = at->value("name", json());
    if (!name.is_string() || !is_client_id(name.get_ref<const std::string&>()))
        return into.error(at, "an intent has a 'name' of letters, digits and any of - _ . :");
    if (!names.insert(name).second) into.error(at.member("name"), "another intent has this name already");
    into.machine.intents.push_back({name, utterance_pattern::compile(at, into)});
}

void compile_meta(const place& root, compilation& into) {
    if (!root.has("meta")) return;
    auto meta = root.member("meta");
    if (!meta->is_object()) return into.error(meta, "'meta' is an object");
    into.machine.meta = *meta;
    if (!meta.has("intents")) return;
    auto intents = meta.member("intents");
    if (!intents->is_array()) return into.error(intents, "'intents' is an array");
    std::set<std::string> names;
    for (std::size_t i = 0; i < intents->size(); ++i)
        compile_intent(intents.element(i), names, into);
}

/// A word of `meta` that `parse` knows, or nothing.
template <class Policy>
std::optional<Policy> compile_policy(const place& meta, const char* name,
                                     std::optional<Policy> (*parse)(std::string_view), const char* known,
                                     compilation& into) {
    if (!meta->is_object() || !meta.has(name)) return std::nullopt;
    auto at = meta.member(name);
    auto policy = at->is_string() ? parse(at->get_ref<const std::string&>()) : std::nullopt;
    if (!policy) into.error(at, '\'' + std::string(name) + "' is " + known);
    return policy;
}

void compile_root_policies(const place& root, compilation& into) {
    if (!root.has("meta")) return;
    into.machine.migrating = compile_policy(root.member("meta"), "migration", parse_migration_policy,
                                            "migrate, pin or restart", into)
                                 .value_or(migration_policy::migrate);
    into.machine.takeover =
        compile_policy(root.member("meta"), "takeover", parse_takeover, "newest, refuse or share", into)
            .value_or(takeover::newest);
}

void compile_output(const place& at, state_index index, compilation& into) {
    auto& own = into.machine.states[index];
    auto output = at.member("output");
    if (index != 0 && own.kind != state_kind::final)
        into.error(output, "only a final state and the machine itself have an 'output'");
    own.output = value::compile(output, into);
}

/// Where a history state leads while it remembers nothing: states inside the one around it.
void compile_fallback(const place& at, state_index index, compilation& into) {
    auto around = into.machine.states[index].parent;
    auto read = [&](const place& one) {
        auto name = one->is_string() ? one->get<std::string>() : std::string();
        auto found = name.starts_with('#') ? into.find_state(name)
                     : name.empty()        ? no_state
                                           : into.find_child(around, name);
        if (found == no_state || found == around || !into.machine.is_within(found, around) ||
            into.machine.states[found].is_history())
            return into.error(one,
                              "the target of a history state is a state beside it or inside those, and no "
                              "history state itself");
        into.machine.states[index].fallback.push_back(found);
    };
    if (!at->is_array()) return read(at);
    if (at->empty()) into.error(at, "'target' names at least one state");
    for (std::size_t i = 0; i < at->size(); ++i)
        read(at.element(i));
    const auto& targets = into.machine.states[index].fallback;
    for (std::size_t i = 1; i < targets.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (!into.machine.are_together(targets[i], targets[j]))
                return into.error(at, "several targets lie in different regions of a parallel state");
}

/// Of actors that work at the same time each has an id of its own: what ends, or is stopped, is named by it.
void check_actors(const std::vector<place>& places, compilation& into) {
    std::map<std::string_view, std::vector<state_index>> states_of;
    const auto& states = into.machine.states;
    for (state_index i = 0; i < states.size(); ++i)
        for (const auto& actor : states[i].invokes) {
            auto& others = states_of[actor.id];
            for (auto other : others)
                if (into.machine.is_within(i, other) || into.machine.are_together(i, other))
                    into.error(places[i].member("invoke"),
                               "another actor that works at the same time has the id '" + actor.id + "'");
            others.push_back(i);
        }
}

/// What a state does; it may refer to any other state.
void compile_behaviour(const place& at, state_index index, compilation& into) {
    auto handlers = compile_handlers(at, index, into);
    auto always = compile_always(at, index, into);
    auto& own = into.machine.states[index];
    own.handlers = std::move(handlers);
    into.machine.has_always = into.machine.has_always || !always.empty();
    own.always = std::move(always);
    if (at.has("meta"))
        own.overlapping =
            compile_policy(at.member("meta"), "overlap", parse_overlap,
                           "queue, reject, replace, merge or debounce(1 to 10000 milliseconds)", into);
    if (at.has("entry")) own.on_entry = compile_actions(at.member("entry"), into);
    if (at.has("exit")) own.on_exit = compile_actions(at.member("exit"), into);
    if (at.has("initial") && at.member("initial").has("actions"))
        own.on_initial = compile_actions(at.member("initial").member("actions"), into);
    if (at.has("output")) compile_output(at, index, into);
}

/// Before the first transition is compiled, whose route may lead through history states.
void compile_fallbacks(const std::vector<place>& places, compilation& into) {
    for (std::size_t i = 0; i < places.size(); ++i)
        if (into.machine.states[i].is_history() && places[i].has("target"))
            compile_fallback(places[i].member("target"), static_cast<state_index>(i), into);
}

/// The order in which the regions of parallel states are entered, which sorted members do not tell.
std::string region_order(const compiled_machine& machine) {
    std::string order;
    for (const auto& state : machine.states) {
        if (state.kind != state_kind::parallel) continue;
        for (auto region : state.children)
            order += machine.states[region].path + '\n';
    }
    return order;
}

json without_remarks(const json& value);

/// States and events: their names are names, whatever they look like.
json named_parts(const json& of) {
    if (!of.is_object()) return of;
    auto kept = json::object();
    for (const auto& [name, part] : of.items())
        kept[name] = without_remarks(part);
    return kept;
}

json without_remarks(const json& value) {
    static constexpr std::array<std::string_view, 5> data{"params", "context", "output", "meta", "input"};
    if (value.is_array()) {
        auto kept = json::array();
        for (const auto& element : value)
            kept.push_back(without_remarks(element));
        return kept;
    }
    if (!value.is_object()) return value;
    auto kept = json::object();
    for (const auto& [name, part] : value.items()) {
        if (name == "description" || is_editors_own(name)) continue;
        if (std::ranges::find(data, name) != data.end()) {
            kept[name] = part;
        } else {
            kept[name] = name == "states" || name == "on" ? named_parts(part) : without_remarks(part);
        }
    }
    return kept;
}

} // namespace

std::string structure_hash(const ordered_json& document, const compiled_machine& machine) {
    auto structure = without_remarks(document);
    // How sessions of older versions go on is nothing to those that run this one.
    structure.erase("migrations");
    if (auto meta = structure.find("meta"); meta != structure.end() && meta->erase("migration") > 0)
        if (meta->empty()) structure.erase(meta);
    return sha256_hex(to_text(structure) + region_order(machine));
}

void compile_machine(const ordered_json& document, compilation& into) {
    place root(document);
    if (!document.is_object()) return into.error(root, "a machine is a JSON object");
    if (!is_within_depth(document, document_limits.depth))
        return into.error(root, "the document is nested more than 64 levels deep");

    if (root.has(files_member)) into.files = root.member(files_member);
    compile_identity(root, into);
    compile_context(root, into);
    compile_meta(root, into);
    compile_root_policies(root, into);
    auto places = compile_state_tree(root, into);
    if (into.machine.states[0].is_leaf()) into.error(root, "a machine has 'states'");
    compile_fallbacks(places, into);
    for (std::size_t i = 0; i < places.size(); ++i)
        compile_behaviour(places[i], static_cast<state_index>(i), into);
    check_actors(places, into);
    if (root.has("migrations")) compile_migrations(root.member("migrations"), into);
    if (into.has_errors()) return;

    into.machine.start = first_entries(into.machine);
    check_reachability(into);
    check_always_cycles(into);
    into.machine.hash = structure_hash(document, into.machine);
    into.machine.outside_paths.assign(into.outside_paths.begin(), into.outside_paths.end());
}

} // namespace rejoinder::statemachine
