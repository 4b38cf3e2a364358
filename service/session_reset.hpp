#pragma once

#include "persistence/database.hpp"
#include "service/settings.hpp"
#include "statemachine/definition.hpp"

namespace rejoinder::service {

/// Begins the machine of a stored session anew, as at its birth, also of one that has ended, is damaged or
/// ran another version of the machine. It is one commit, which raises the session's reset counter, so that
/// its epoch is another one and clients get a snapshot, and its owner's generation, so that an activation
/// which has it is fenced. The events so far leave the log; device's numbers and resume tokens stay good.
///
/// `conflict`, and nothing has changed, when somebody has written to the session since `row` was read. What
/// is given outlives the task.
task<error_code> reset_session(environment* env, persistence::database* in, const settings* limits,
                               const statemachine::definition* machine, persistence::session_row row);

} // namespace rejoinder::service
