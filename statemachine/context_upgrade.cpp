#include "statemachine/context_upgrade.hpp"

#include "statemachine/execution.hpp"
#include "statemachine/place.hpp"

#include <utility>

namespace rejoinder::statemachine {

std::variant<context::context_value, std::string>
upgraded_context(const compiled_machine& machine, const migration_steps& steps, const json& stored) {
    static const step_inputs nothing;
    snapshot upgraded;
    upgraded.context = context::context_value(stored);
    for (const auto* step : steps) {
        execution work(machine, std::move(upgraded), nothing);
        for (const auto& one : step->context) {
            work.at(one.pointer);
            one.run(work);
        }
        if (const auto& error = work.error())
            return "the context can't be upgraded at " + error->pointer + ": " + error->message;
        upgraded = std::move(work).take_snapshot();
    }
    context::context_value initial;
    context::context_value::parse(machine.context, initial);
    auto members = initial.to_json();
    for (const auto& [name, value] : members.items()) {
        auto pointer = '/' + escape_token(name);
        bool fits = upgraded.context.contains(pointer) || upgraded.context.set(pointer, value);
        if (!fits) return "the context has no place for '" + name + '\'';
    }
    if (upgraded.context.is_too_large()) return "the context would exceed 256 KiB";
    upgraded.context.compact();
    return std::move(upgraded.context);
}

} // namespace rejoinder::statemachine
