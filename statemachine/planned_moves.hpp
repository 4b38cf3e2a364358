#pragma once

#include "statemachine/route.hpp"
#include "statemachine/selection.hpp"
#include "statemachine/tables.hpp"

#include <boost/container/small_vector.hpp>

#include <vector>

namespace rejoinder::statemachine {

/// A transition that is going to be taken, with its route as the machine stands.
struct planned_move {
    const transition* what;
    route by_memory; // where history states decide it

    /// Null: nothing is left or entered.
    const route* way() const noexcept {
        if (what->targets.empty()) return nullptr;
        return what->remembers ? &by_memory : &what->way;
    }
};

/// Hardly any event moves a machine in more than one region.
using planned_moves = boost::container::small_vector<planned_move, 1>;

/// Whether the state is among those that a move with this domain leaves, if it is active.
inline bool is_left(const compiled_machine& machine, state_index which, state_index domain) noexcept {
    return which != domain && machine.is_within(which, domain);
}

/// The moves of one microstep. Of two that would leave the same active states the one from further inside
/// wins, else the former (SCXML).
planned_moves plan_moves(const compiled_machine& machine, const chosen_transitions& chosen,
                         const std::vector<state_index>& active, const memories& history);

/// History states whose surroundings were left just now lead back to them.
void remember_what_was_left(planned_moves& moves, const compiled_machine& machine, const memories& history);

/// What all of them enter, in the document's order.
std::vector<entry> entries_of(const planned_moves& moves);

} // namespace rejoinder::statemachine
