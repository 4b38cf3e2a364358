#pragma once

#include "statemachine/tables.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace rejoinder::statemachine {

/// What history states remember: which states were active when the state around them was last left.
using memories = std::vector<std::pair<state_index, std::vector<state_index>>>;

/// The route of a transition from its source to its targets (SCXML, W3C Recommendation 2015,
/// `computeEntrySet` and `getTransitionDomain`; XState v5 where the two differ). `left`: the domain below
/// which states have been left already, where what is remembered has changed by that.
struct found_route {
    route way;
    bool met_history = false; ///< whether it depends on `remembered`
};
found_route find_route(const compiled_machine& machine, state_index source,
                       const std::vector<state_index>& targets, bool reenter, const memories& remembered,
                       std::optional<state_index> left = std::nullopt);

/// The states that a machine begins with.
std::vector<entry> first_entries(const compiled_machine& machine);

} // namespace rejoinder::statemachine
