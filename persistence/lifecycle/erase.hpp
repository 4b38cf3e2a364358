#pragma once

#include "persistence/lifecycle/erasures.hpp"
#include "persistence/lifecycle/progress.hpp"
#include "persistence/lifecycle/run_mode.hpp"

namespace rejoinder::persistence::lifecycle {

struct erase_report {
    std::uint64_t records = 0;
    std::uint64_t sessions = 0; ///< with their logs
    std::uint64_t mended = 0;   ///< records of others that named who was erased, and do not any more
};

/// Removes everything that erasures cover: records by owner, key and value (`subjects_of`), sessions with
/// their logs, what was kept for those sessions. The environment and the database outlive the task.
task<result<erase_report>> apply_erasures(environment* env, database* of, erasures what,
                                          on_progress listener);

/// Erases somebody: writes the tombstone, so that a crash loses nothing of the intent and no copy brings the
/// data back; removes what there is; and compacts the store, so that no bytes are left in any of its files. A
/// dry run counts. The environment and the database outlive the task.
task<result<erase_report>> erase_subject(environment* env, database* of, subject who, run_mode how,
                                         on_progress listener);

} // namespace rejoinder::persistence::lifecycle
