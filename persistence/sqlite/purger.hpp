#pragma once

#include "persistence/sqlite/remover.hpp"
#include "persistence/transfer.hpp"

namespace rejoinder::persistence::sqlite {

/// Removes what has expired. Costs two looks at an index when nothing has. Belongs to the writer's thread and
/// runs in its transaction.
class purger {
public:
    purger(connection& on, remover& removals);

    /// At most `limit` records and as many sessions.
    purged purge(utc_time expired_before, std::size_t limit, utc_time now);

private:
    std::uint64_t purge_records(utc_time expired_before, std::size_t limit, utc_time now);
    std::uint64_t purge_sessions(utc_time expired_before, std::size_t limit, utc_time now);

    remover& removals_;
    statement expired_records_;
    statement due_session_;
    statement forget_due_;
    statement note_due_;
};

} // namespace rejoinder::persistence::sqlite
