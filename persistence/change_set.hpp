#pragma once

#include "persistence/error.hpp"
#include "persistence/record.hpp"
#include "persistence/session_record.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace rejoinder::persistence {

/// A session that goes with its log, if its row still has that revision, whether it has expired or not. One
/// that is gone already is no conflict.
struct session_removal {
    session_id id;
    rejoinder::revision expected;
};

/// What one turn changes, in any stores: it is committed as a whole or not at all. `now` stamps every record
/// in it.
struct change_set {
    utc_time now{};
    std::optional<session_change> session;
    std::vector<record_write> writes;
    std::vector<session_removal> removals; ///< done last
};

/// The verdict on one change set. Those of other sessions that share its transaction have verdicts of their
/// own.
struct commit_outcome {
    boost::system::error_code error; ///< empty: committed and, unless the database says otherwise, durable
    session_key session;             ///< of the session written, also when it was just created
    revision current;                ///< on conflict: the revision that stands there now
    /// On conflict: index into `writes`; their count for the session itself; behind that the index into
    /// `removals`.
    std::size_t conflicting_write = 0;

    bool committed() const noexcept { return !error; }

    /// Not written (`unknown_outcome`: or nobody knows), and no record is to blame.
    static commit_outcome refused(boost::system::error_code why) {
        commit_outcome outcome;
        outcome.error = why;
        return outcome;
    }
};

} // namespace rejoinder::persistence
