#pragma once

#include "statemachine/compilation.hpp"

namespace rejoinder::statemachine {

/// The event that says that a compound state's final state was reached, by the compound state's id.
std::string done_event(const std::string& state_id);

/// `on` and `onDone` of a state, in the order in which a step tries them.
std::vector<handler> compile_handlers(const place& state_at, state_index source, compilation& into);

/// `always` of a state.
std::vector<transition> compile_always(const place& state_at, state_index source, compilation& into);

/// What a machine enters when it starts.
std::vector<entry> start_entries(const compiled_machine& machine);

} // namespace rejoinder::statemachine
