#pragma once

#include "statemachine/execution.hpp"
#include "statemachine/tables.hpp"

#include <boost/container/small_vector.hpp>

namespace rejoinder::statemachine {

/// Transitions that are enabled as the step stands, in the document's order of the states that chose them;
/// two of them may still leave the same states.
using chosen_transitions = boost::container::small_vector<const transition*, 2>;

/// For the current event. States inside are asked first; one around several regions only when none of them
/// has an answer, as XState does it.
chosen_transitions select_for_event(const compiled_machine& machine, const execution& in);

/// Of `always`. Every active state without states inside looks for the nearest one that has an answer.
chosen_transitions select_always(const compiled_machine& machine, const execution& in);

} // namespace rejoinder::statemachine
