#include "statemachine/library.hpp"

#include "persistence/ids.hpp"
#include "statemachine/reference.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace rejoinder::statemachine {
namespace {

library& everything() {
    static library one;
    return one;
}

[[noreturn]] void refuse(std::string_view what, std::string_view name, std::string_view why) {
    throw std::invalid_argument(std::string(what) + " '" + std::string(name) + "' " + std::string(why));
}

/// Adds what has a name that neither the program nor the user has given away.
template <class Kind>
void add(std::string_view what, std::vector<Kind>& to, std::vector<Kind> more,
         std::span<const Kind> built_in) {
    for (auto& one : more) {
        bool taken = std::ranges::find(built_in, one.name, &Kind::name) != built_in.end() ||
                     std::ranges::find(to, one.name, &Kind::name) != to.end();
        if (taken) refuse(what, one.name, "is there already");
        to.push_back(std::move(one));
    }
}

/// User data is fetched by its keys, so all of it can't be read.
bool is_outside_path(std::string_view path) {
    auto where = parse_pointer_reference(path);
    if (!where || !is_outside(where->from)) return false;
    return where->from != reference::root::user || where->below.size() > 1;
}

} // namespace

void install(library more) {
    auto& to = everything();
    add("the guard", to.guards, std::move(more.guards), guard_kinds());
    add("the action", to.actions, std::move(more.actions), action_kinds());
    for (auto& one : more.skills) {
        bool taken = std::ranges::any_of(to.skills, [&](const skill& other) {
            return other.name == one.name && other.version == one.version;
        });
        if (taken) refuse("the skill", one.name, "is there already in this version");
        if (!is_client_id(one.name))
            refuse("the skill", one.name, "has no name of letters, digits and - _ . :");
        if (one.version < 1) refuse("the skill", one.name, "has no version from 1");
        if (!one.run) refuse("the skill", one.name, "has no code");
        if (!std::ranges::all_of(one.reads, is_outside_path))
            refuse("the skill", one.name,
                   "reads at a path that is not /user/<key>, /person, /device or /session");
        to.skills.push_back(std::move(one));
    }
}

const library& installed() noexcept {
    return everything();
}

} // namespace rejoinder::statemachine
