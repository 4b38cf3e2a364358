#pragma once

#include "statemachine/registry.hpp"
#include "statemachine/skill/skill.hpp"

#include <vector>

namespace rejoinder::statemachine {

/// What machines of a program may use beside the built-in names: guards and actions, which are used by their
/// names as the built-in ones are, and skills, which are invoked as `skill:<name>`.
struct library {
    std::vector<guard_kind> guards;
    std::vector<action_kind> actions;
    std::vector<skill> skills; ///< several versions of a name are several skills; the newest begins
};

/// Adds to what is installed, for the whole program: before it loads its first machine, from one thread.
/// Throws/// std::invalid_argument when a name, or a skill's name and version, is taken, and when a skill is
/// not as `skill.hpp` says.
void install(library more);

const library& installed() noexcept;

} // namespace rejoinder::statemachine
