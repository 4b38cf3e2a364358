#pragma once

#include "persistence/lifecycle/check.hpp"
#include "persistence/lifecycle/run_mode.hpp"

namespace rejoinder::persistence::lifecycle {

struct orphan_report {
    std::uint64_t records = 0; ///< looked at
    finding_list orphans;
    std::uint64_t removed = 0;
};

/// Finds the records whose owner is gone (`owners_of`), and removes them in a real run, over and over until
/// none is left, as one orphan may have been another's owner. A dry run finds those of the first round only.
/// The environment and the database outlive the task.
task<result<orphan_report>> find_orphans(environment* env, database* of, run_mode how, on_progress listener);

} // namespace rejoinder::persistence::lifecycle
