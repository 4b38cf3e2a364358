#include "statemachine/compile_migrations.hpp"

#include "statemachine/migration_path.hpp"
#include "statemachine/registry.hpp"

#include <algorithm>
#include <vector>

namespace rejoinder::statemachine {
namespace {

/// A step, and where its targets stand in the document.
struct read_step {
    place at;
    migration_step step;
};

std::optional<std::int64_t> read_version(const place& step, const char* name, compilation& into) {
    if (!step.has(name)) {
        into.error(step, "a migration says 'from' which version it leads 'to' which");
        return std::nullopt;
    }
    auto at = step.member(name);
    if (at->is_number_integer() && *at >= 1) return at->get<std::int64_t>();
    into.error(at, '\'' + std::string(name) + "' is a version, a whole number from 1");
    return std::nullopt;
}

bool is_path(std::string_view text) {
    return !text.empty() && !text.starts_with('.') && !text.ends_with('.') &&
           text.find("..") == std::string_view::npos && text.find('#') == std::string_view::npos;
}

/// An object of dotted paths, of this version of the step and of the one it leads to.
std::map<std::string, std::string, std::less<>> read_paths(const place& step, const char* name,
                                                           compilation& into) {
    std::map<std::string, std::string, std::less<>> read;
    if (!step.has(name)) return read;
    auto at = step.member(name);
    if (!at->is_object()) {
        into.error(at, '\'' + std::string(name) + "' is an object of states and where they lead");
        return read;
    }
    for (const auto& [from, ignored] : at->items()) {
        auto to = at.member(from);
        if (!is_path(from) || !to->is_string() || !is_path(to->get_ref<const std::string&>()))
            into.error(to, "states of other versions are named by their dotted paths from the root");
        else
            read.emplace(from, to->get<std::string>());
    }
    return read;
}

void compile_upgrade(const place& at, actions& all, compilation& into) {
    static constexpr std::array<std::string_view, 4> known{"assign", "increment", "append", "remove"};
    auto type = at->is_object() && at.has("type") ? *at.member("type") : *at;
    bool changes_context =
        type.is_string() && std::ranges::find(known, type.get_ref<const std::string&>()) != known.end();
    if (!changes_context)
        return into.error(at, "a context is upgraded by 'assign', 'increment', 'append' and 'remove'");
    into.roots.clear();
    auto made = compile_actions(at, into);
    if (std::ranges::any_of(into.roots, [](auto root) { return root != reference::root::context; }))
        into.error(at, "what upgrades a context reads nothing but '/context'");
    std::ranges::move(made, std::back_inserter(all));
}

actions compile_upgrades(const place& at, compilation& into) {
    actions all;
    if (at->is_array())
        for (std::size_t i = 0; i < at->size(); ++i)
            compile_upgrade(at.element(i), all, into);
    else
        compile_upgrade(at, all, into);
    return all;
}

std::optional<migration_step> read_migration(const place& at, compilation& into) {
    if (!at->is_object()) {
        into.error(at, "a migration is an object with 'from' and 'to'");
        return std::nullopt;
    }
    into.check_members(at, {"from", "to", "rename", "drop", "context", "description"});
    auto from = read_version(at, "from", into);
    auto to = read_version(at, "to", into);
    migration_step step;
    step.renamed = read_paths(at, "rename", into);
    step.dropped = read_paths(at, "drop", into);
    for (const auto& [path, ignored] : step.dropped)
        if (step.renamed.contains(path))
            into.error(at.member("drop").member(path), "the state '" + path + "' is renamed as well");
    if (at.has("context")) step.context = compile_upgrades(at.member("context"), into);
    if (!from || !to) return std::nullopt;
    if (*from >= *to) into.error(at.member("to"), "a migration leads to a later version");
    if (*to > into.machine.version) into.error(at.member("to"), "this is a later version than the machine's");
    step.from = *from;
    step.to = *to;
    return step;
}

/// Whether the steps from there on lead to the machine's version.
void check_end(const read_step& one, compilation& into) {
    if (one.step.to == into.machine.version || !migration_chain(into.machine, one.step.to).empty()) return;
    into.error(one.at.member("to"),
               "no migration leads on from here to version " + std::to_string(into.machine.version));
}

/// Where the paths lead that a step names, in the machine as it is.
void check_targets(const read_step& one, const char* name, compilation& into) {
    if (!one.at.has(name) || !one.at.member(name)->is_object()) return;
    auto chain = migration_chain(into.machine, one.step.to);
    const auto& paths = name == std::string_view("drop") ? one.step.dropped : one.step.renamed;
    for (const auto& [from, to] : paths) {
        auto at = one.at.member(name).member(from);
        auto end = follow(chain, to);
        auto found = into.machine.find_path(end.path);
        if (found == no_state) {
            into.error(at, "there is no state '" + end.path + "' in version " +
                               std::to_string(into.machine.version));
            continue;
        }
        const auto& state = into.machine.states[found];
        bool goes_on = !state.is_history() && state.kind != state_kind::final;
        if (name == std::string_view("drop") && !goes_on)
            into.error(at, "sessions do not go on in a history state or a final one");
    }
}

} // namespace

void compile_migrations(const place& at, compilation& into) {
    if (!at->is_array()) return into.error(at, "'migrations' is an array of steps between versions");
    std::vector<read_step> steps;
    for (std::size_t i = 0; i < at->size(); ++i) {
        auto one = at.element(i);
        auto step = read_migration(one, into);
        if (!step) continue;
        if (std::ranges::any_of(steps, [&](const auto& other) { return other.step.from == step->from; }))
            into.error(one, "another migration leads on from version " + std::to_string(step->from));
        into.machine.migrations.push_back(*step);
        steps.push_back({one, std::move(*step)});
    }
    if (into.has_errors()) return; // where steps lead is told by steps that are right
    for (const auto& one : steps) {
        check_end(one, into);
        check_targets(one, "rename", into);
        check_targets(one, "drop", into);
    }
}

} // namespace rejoinder::statemachine
