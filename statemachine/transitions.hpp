#pragma once

#include "statemachine/compilation.hpp"

namespace rejoinder::statemachine {

/// The event that says that a state with states inside has reached its end, by that state's id.
std::string done_event(const std::string& state_id);

/// What a state does with events, in the order in which a step tries it: `on`, `onDone`, and what follows its
/// delays (`after`) and its actors (`invoke`), which are noted in the state as well.
std::vector<handler> compile_handlers(const place& state_at, state_index source, compilation& into);

/// `always` of a state.
std::vector<transition> compile_always(const place& state_at, state_index source, compilation& into);

} // namespace rejoinder::statemachine
