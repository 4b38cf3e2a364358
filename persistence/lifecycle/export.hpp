#pragma once

#include "persistence/database.hpp"
#include "persistence/lifecycle/export_lines.hpp"
#include "persistence/lifecycle/progress.hpp"
#include "persistence/lifecycle/subject.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace rejoinder::persistence::lifecycle {

/// Takes some bytes of an export; throws `std::system_error` when there is no room for them.
using export_sink = std::function<void(std::string_view bytes)>;

/// Writes everything, or everything of one subject, as lines (`export_lines.hpp`). The database outlives the
/// task. Held in memory is a page. Sessions that are being served go on: each record, and each session's row
/// with its log up to it, is of one moment, but they are not all of the same.
task<result<item_counts>> export_store(database* of, export_header about, std::optional<subject> only,
                                       export_sink sink, on_progress listener);

} // namespace rejoinder::persistence::lifecycle
