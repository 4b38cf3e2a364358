#pragma once

#include "persistence/lifecycle/check.hpp"
#include "persistence/lifecycle/run_mode.hpp"

namespace rejoinder::persistence::lifecycle {

struct mend_report {
    std::uint64_t records = 0;        ///< looked at
    std::uint64_t mended_records = 0; ///< in a dry run: that would be mended
    std::uint64_t changed = 0;        ///< left, because somebody has written them meanwhile
    finding_list mended;
    finding_list incurable; ///< left as they are: what was meant is not known
};

/// Mends the records whose mistakes have one meaning, as their types say (`record_type::sanitise`). A valid
/// record is never written; neither is one that has changed since it was read. The database outlives the
/// task.
task<result<mend_report>> mend_store(environment* env, database* of, run_mode how, on_progress listener);

} // namespace rejoinder::persistence::lifecycle
