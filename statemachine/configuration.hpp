#pragma once

#include "statemachine/tables.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace rejoinder::statemachine {

/// The leaves, in the document's order, that are active in a machine when all of these states are: where they
/// leave a choice, states begin as they do by default. Nothing, and `rivals` has two of the states, when
/// these can't be active at a time.
std::optional<std::vector<state_index>> complete(const compiled_machine& machine,
                                                 const std::vector<state_index>& states,
                                                 std::pair<state_index, state_index>& rivals);

/// The same for what is inside one state, of which nothing is given.
std::vector<state_index> leaves_by_default(const compiled_machine& machine, state_index of);

/// Whether a machine with these leaves has come to its end.
bool has_ended(const compiled_machine& machine, const std::vector<state_index>& leaves);

} // namespace rejoinder::statemachine
