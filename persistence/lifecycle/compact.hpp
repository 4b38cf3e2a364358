#pragma once

#include "persistence/lifecycle/retention.hpp"

namespace rejoinder::persistence::lifecycle {

struct compact_report {
    retention_counts removed;
    std::uint64_t bytes_before = 0; ///< on disk
    std::uint64_t bytes_after = 0;
};

/// Removes what is not kept any longer and gives the room back to the disk. The environment and the database
/// outlive the task.
task<result<compact_report>> compact_store(environment* env, database* of, retention_rules rules,
                                           run_mode how);

} // namespace rejoinder::persistence::lifecycle
