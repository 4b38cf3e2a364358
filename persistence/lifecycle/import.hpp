#pragma once

#include "persistence/database.hpp"
#include "persistence/file/disk.hpp"
#include "persistence/lifecycle/export_lines.hpp"
#include "persistence/lifecycle/progress.hpp"
#include "persistence/lifecycle/run_mode.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rejoinder::persistence::lifecycle {

struct import_options {
    /// Whether records must be as their schemas want them. A backup brings back what there was.
    enum class schemas { checked, ignored };

    run_mode how = run_mode::real;
    schemas records = schemas::checked;
};

/// What is wrong with one line; without anything of what it holds.
struct line_fault {
    std::uint64_t line = 0; ///< from 1; 0: the file as a whole
    std::string what;
};

struct import_report {
    export_header from;
    item_counts counts;
    std::uint64_t same = 0;     ///< records that stand there already
    std::uint64_t replaced = 0; ///< records and sessions that stand there otherwise
    std::uint64_t erased = 0;   ///< left out, as their tombstones say

    std::vector<line_fault> faults; ///< the first 100
    std::uint64_t fault_count = 0;  ///< any: nothing was written
};

/// Opens the export anew, from its beginning; throws `std::system_error`.
using open_export = std::function<std::unique_ptr<file::input>()>;

/// Puts what an export holds into a store, as it was: what stands there under the same names is replaced,
/// everything else stays. The whole export is checked before anything is written, with its counts and its
/// hash. Putting it there twice leaves the same. What tombstones of either side cover is left out, and
/// removed from the store. Nobody else may write meanwhile. The database outlives the task.
task<result<import_report>> import_store(environment* env, database* into, open_export open,
                                         import_options options, on_progress listener);

} // namespace rejoinder::persistence::lifecycle
