#pragma once

#include "persistence/lifecycle/digest.hpp"
#include "persistence/lifecycle/run_mode.hpp"

namespace rejoinder::persistence::lifecycle {

/// Makes one store hold exactly what another one holds, with all revisions and times. Both are walked side by
/// side in the same order, and only what differs is written: a copy that was interrupted goes on where it
/// was when it is made again, and one that is made again in the end writes nothing.
///
/// What tombstones of either side cover is left out, and removed from the target. Nobody else may write to
/// either side meanwhile.
struct copy_options {
    /// What becomes of that which only the target has.
    enum class others { refuse, remove };

    others only_in_target = others::refuse;
    run_mode how = run_mode::real;
};

struct copy_report {
    std::uint64_t records = 0; ///< of the source, without what has been erased
    std::uint64_t sessions = 0;
    std::uint64_t written_records = 0; ///< missing or different in the target; in a dry run: to be written
    std::uint64_t written_sessions = 0;
    std::uint64_t removed_records = 0;
    std::uint64_t removed_sessions = 0;
    std::uint64_t other_records = 0; ///< only in the target, not to be removed: then nothing is written
    std::uint64_t other_sessions = 0;
    std::uint64_t erased = 0; ///< left out, as their tombstones say

    store_digest source; ///< of both sides afterwards; not in a dry run
    store_digest target;

    bool refused() const noexcept { return other_records + other_sessions > 0; }
    bool verified() const noexcept { return source == target; }
    std::uint64_t changes() const noexcept {
        return written_records + written_sessions + removed_records + removed_sessions;
    }
};

/// The databases outlive the task. First everything is compared, so that a copy which would be refused writes
/// nothing.
task<result<copy_report>> copy_store(environment* env, database* from, database* to, copy_options options,
                                     on_progress listener);

} // namespace rejoinder::persistence::lifecycle
