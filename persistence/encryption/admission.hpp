#pragma once

#include "persistence/database.hpp"
#include "persistence/encryption/vault.hpp"

namespace rejoinder::persistence::encryption {

/// Prepares a store that was begun without keys for being read through a vault: records whose type has
/// personal keys are sealed and move under their pseudonyms, with their envelopes as they are, so that a key
/// is never looked for in two places; and a plain value that looks as if it were sealed is sealed, so that
/// none is misunderstood. Nobody else writes meanwhile. Interrupted, it goes on where it was when it is begun
/// again. Both outlive the task.
task<error_code> admit(database* store, const vault* sealing, utc_time now);

} // namespace rejoinder::persistence::encryption
