#pragma once

#include "persistence/record.hpp"
#include "persistence/session_record.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rejoinder::persistence {

/// One record or session that a commit changed: what and to which revision, never its value, so that the feed
/// holds nothing that an erasure would have to follow into it but names.
struct change {
    enum class operation { put, removed };

    utc_time at{};
    std::optional<record_id> record; ///< absent: it is a session
    session_id session;
    rejoinder::revision revision; ///< that it has now; of what was removed, the last one that it had
    operation what = operation::put;
};

/// Some changes in the order of their commits, and where to go on.
struct change_page {
    std::vector<change> changes;
    std::string next; ///< the position behind them; the one that was asked for when there are none
};

/// Changes that a store keeps; older ones leave the feed.
inline constexpr std::size_t kept_changes = 100'000;

} // namespace rejoinder::persistence
