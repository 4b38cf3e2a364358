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
    enum class manner {
        replace, ///< it takes the place of whatever stands under the same names

        /// Its texts say the same in another form, sealed under another key, and take the place of those that
        /// stand: a record's value and a row's texts at the same revision, an entry's where there is such an
        /// entry, but for events that were let go. Nothing else changes, nor does the feed of changes tell of
        /// it; what is not there any more, or was written since, is passed over. So it may be done beside any
        /// other work, to the store that it was read from, where a session's key means something.
        restate
    };

    std::vector<record> records;
    std::vector<moved_session> sessions;
    manner how = manner::replace;
};

/// What a purge has removed.
struct purged {
    std::uint64_t records = 0;
    std::uint64_t sessions = 0;
};

} // namespace rejoinder::persistence
