#pragma once

#include "persistence/record.hpp"
#include "persistence/session_record.hpp"
#include "persistence/sqlite/change_recorder.hpp"
#include "persistence/sqlite/log_index.hpp"

namespace rejoinder::persistence::sqlite {

/// Takes records and sessions out of the store and remembers which of their numbers must not come again.
/// Belongs to the writer's thread and runs in its transaction.
class remover {
public:
    remover(connection& on, log_index& index, change_recorder& changes);

    /// What is not there is no error.
    void remove(const record_id& id, utc_time at);

    /// With its whole log.
    void remove(session_key session, utc_time at);

private:
    log_index& index_;
    change_recorder& changes_;
    statement remove_record_;
    statement note_record_;
    statement remove_session_;
    statement note_session_;
};

} // namespace rejoinder::persistence::sqlite
