#pragma once

#include "statemachine/compilation.hpp"

#include <vector>

namespace rejoinder::statemachine {

/// The first pass over a document: numbers its states, the root first and every parent before its children,
/// and notes kinds, ids, initial states and tags. Gives each state's place in the document, by number. What
/// needs to know all states (transitions, guards, actions) is left to the second pass.
std::vector<place> compile_state_tree(const place& root, compilation& into);

} // namespace rejoinder::statemachine
