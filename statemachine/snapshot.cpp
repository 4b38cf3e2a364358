#include "statemachine/interpreter.hpp"
#include "statemachine/tables.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine {
namespace {

/// XState's state value: a name, or {parent: value}; parallel states would be several members of one object.
json state_value(const compiled_machine& machine, state_index leaf) {
    json value = machine.states[leaf].key;
    for (auto s = machine.states[leaf].parent; s != no_state && s != 0; s = machine.states[s].parent)
        value = json{{machine.states[s].key, std::move(value)}};
    return value;
}

state_index find_key(const compiled_machine& machine, state_index parent, const std::string& key) {
    const auto& children = machine.states[parent].children;
    auto found = std::ranges::find_if(children, [&](state_index i) { return machine.states[i].key == key; });
    return found == children.end() ? no_state : *found;
}

/// The atomic or final state that a value names, or none.
state_index find_value(const compiled_machine& machine, const json& value) {
    state_index at = 0;
    const auto* rest = &value;
    while (rest->is_object() && rest->size() == 1) {
        at = find_key(machine, at, rest->begin().key());
        if (at == no_state) return no_state;
        rest = &*rest->begin();
    }
    auto leaf = rest->is_string() ? find_key(machine, at, rest->get_ref<const std::string&>()) : no_state;
    return leaf != no_state && machine.states[leaf].kind == state_kind::compound ? no_state : leaf;
}

} // namespace

std::string state_path(const definition& machine, const snapshot& of) {
    return machine.tables().states[of.state].path;
}

bool has_tag(const definition& machine, const snapshot& of, std::string_view tag) {
    const auto& states = machine.tables().states;
    for (auto s = of.state; s != no_state; s = states[s].parent)
        if (std::ranges::find(states[s].tags, tag) != states[s].tags.end()) return true;
    return false;
}

overlap overlap_of(const definition& machine, const snapshot& of) {
    const auto& states = machine.tables().states;
    for (auto s = of.state; s != no_state; s = states[s].parent)
        if (states[s].overlapping) return *states[s].overlapping;
    return {};
}

std::string serialise(const definition& machine, const snapshot& of) {
    auto text = R"({"value":)" + to_text(state_value(machine.tables(), of.state)) + R"(,"context":)" +
                of.context.serialise();
    text += of.standing == snapshot::status::done ? R"(,"status":"done")" : R"(,"status":"active")";
    if (!of.output.is_null()) text += R"(,"output":)" + to_text(of.output);
    return text + '}';
}

std::optional<snapshot> restore(const definition& machine, std::string_view text) {
    auto parsed = parse_json(text, stored_limits);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    const auto& stored = parsed.value;
    snapshot made;
    made.state = find_value(machine.tables(), stored.value("value", json()));
    auto context = stored.find("context");
    auto status = stored.value("status", json());
    if (made.state == no_state || context == stored.end() || !context->is_object()) return std::nullopt;
    if (status != "active" && status != "done") return std::nullopt;
    made.context = context::context_value(*context);
    made.context.compact();
    made.standing = status == "done" ? snapshot::status::done : snapshot::status::active;
    made.output = stored.value("output", json());
    return made;
}

} // namespace rejoinder::statemachine
