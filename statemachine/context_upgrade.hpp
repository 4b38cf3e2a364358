#pragma once

#include "context/context_value.hpp"
#include "statemachine/migration_path.hpp"

#include <string>
#include <variant>

namespace rejoinder::statemachine {

/// A stored context, an object, as the steps make it: each step's upgrades see what those before them have
/// made, and what is new in the machine's own context comes last. A text instead says why it can't be.
std::variant<context::context_value, std::string>
upgraded_context(const compiled_machine& machine, const migration_steps& steps, const json& stored);

} // namespace rejoinder::statemachine
