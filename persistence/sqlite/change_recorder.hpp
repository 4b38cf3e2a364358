#pragma once

#include "persistence/record.hpp"
#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rejoinder::persistence::sqlite {

/// Appends to the feed of changes, in the transaction that makes them, and lets go of old ones a thousand at
/// a time. A number that a rolled back transaction has used is left out. Belongs to the writer's thread.
///
/// Every turn changes a session, and a statement for many rows costs a fraction of one for each: those are
/// noted first. Who ends the transaction, or a savepoint in it, has them written before.
class change_recorder {
public:
    explicit change_recorder(connection& on);

    void put(const record_id& id, revision now, utc_time at);
    void put(session_key session, revision now, utc_time at);
    void write_noted();
    void forget_noted() noexcept; ///< where what was noted is rolled back

    void removed(const record_id& id, revision last, utc_time at);
    void removed(session_key session, const session_id& id, revision last, utc_time at);

    /// The feed begins behind the latest removal then: up to there it names what is gone.
    void forget_removals();

private:
    static constexpr std::size_t rows_at_once = 16;

    struct noted_session {
        std::int64_t position;
        utc_time at;
        session_key session;
        revision now;
    };

    void write_rows();
    std::int64_t next();
    void forget_up_to(std::int64_t position);

    statement session_;
    statement sessions_; // rows_at_once of them
    statement removed_session_;
    statement record_;
    statement forget_;
    statement begin_;
    statement latest_removal_;
    std::int64_t begins_ = 1;
    std::int64_t next_ = 1;
    std::vector<noted_session> noted_; // at most rows_at_once
};

} // namespace rejoinder::persistence::sqlite
