#pragma once

#include "persistence/result.hpp"
#include "persistence/sqlite/change_recorder.hpp"
#include "persistence/sqlite/session_table.hpp"
#include "persistence/transfer.hpp"

namespace rejoinder::persistence::sqlite {

/// Puts in place what comes from another store. Belongs to the writer's thread and runs in its transaction.
class transplanter {
public:
    transplanter(connection& on, session_table& sessions, log_index& index, change_recorder& changes);

    /// Checks first; nothing is written when the verdict is an error. Throws `failure`.
    error_code put(const transfer& what, utc_time now);

private:
    error_code judge(const transfer& what);
    void put(const record& one, utc_time now);
    void put(const moved_session& one, utc_time now);
    void put(session_key session, const log_entry& entry);
    void remove_turn(session_key session, const turn_id& turn);
    void restate(const record& one);
    void restate(const moved_session& one);

    session_table& sessions_;
    log_index& index_;
    change_recorder& changes_;
    statement put_record_;
    statement remove_session_;
    statement remove_entry_;
    statement remove_turn_;
    statement restate_record_;
    statement restate_session_;
    statement restate_entry_;
};

} // namespace rejoinder::persistence::sqlite
