#pragma once

#include "statemachine/compilation.hpp"

namespace rejoinder::statemachine {

/// States that no transition from the start leads to, whatever the guards say. Needs tables without errors.
void check_reachability(compilation& into);

/// `always` transitions that go round in a circle with no guard on the way. Needs tables without errors.
void check_always_cycles(compilation& into);

} // namespace rejoinder::statemachine
