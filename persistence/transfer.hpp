#pragma once

#include "persistence/record.hpp"
#include "persistence/session_record.hpp"

#include <cstdint>
#include <vector>

namespace rejoinder::persistence {

/// A session as it stands in one store, on its way into another: its row and some entries of its log.
struct moved_session {
    /// A log may be longer than one transfer holds: it begins with the first part and goes on with further
    /// ones, of whose row only the id counts. An entry that is there already is replaced.
    enum class part { first, further };

    session_row row; ///< its key is of the store it comes from and means nothing to the other one
    std::vector<log_entry> entries;
    part which = part::first;
};

/// Part of a store as it was read: envelopes, revisions and numbers as they are.
struct transfer {
    std::vector<record> records;
    std::vector<moved_session> sessions;
};

/// What a purge has removed.
struct purged {
    std::uint64_t records = 0;
    std::uint64_t sessions = 0;
};

} // namespace rejoinder::persistence
