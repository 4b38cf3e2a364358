#pragma once

#include "persistence/record.hpp"
#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"

namespace rejoinder::persistence::sqlite {

/// Appends to the feed of changes, in the transaction that makes them, and lets go of old ones a thousand at
/// a time. A number that a rolled back transaction has used is left out. Belongs to the writer's thread.
class change_recorder {
public:
    explicit change_recorder(connection& on);

    void put(const record_id& id, revision now, utc_time at);
    void put(session_key session, revision now, utc_time at);
    void removed(const record_id& id, revision last, utc_time at);
    void removed(session_key session, const session_id& id, revision last, utc_time at);

    /// The feed begins behind the latest removal then: up to there it names what is gone.
    void forget_removals();

private:
    std::int64_t next();
    void forget_up_to(std::int64_t position);

    statement session_;
    statement removed_session_;
    statement record_;
    statement forget_;
    statement begin_;
    statement latest_removal_;
    std::int64_t begins_ = 1;
    std::int64_t next_ = 1;
};

} // namespace rejoinder::persistence::sqlite
