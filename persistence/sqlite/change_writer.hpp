#pragma once

#include "persistence/change_set.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/log_trimmer.hpp"
#include "persistence/sqlite/remover.hpp"
#include "persistence/sqlite/session_table.hpp"

#include <optional>

namespace rejoinder::persistence::sqlite {

/// Carries change sets out inside of an open transaction. Belongs to the writer's thread.
class change_writer {
public:
    change_writer(connection& on, session_table& sessions, log_index& index, remover& removals,
                  change_recorder& changes);

    /// Whether a change set that fails in its middle can be undone by itself. That is dear: SQLite then keeps
    /// what each page held before.
    enum class savepoint { without, with };

    /// Checks every condition, then writes the whole change set. A refusal is in the outcome and leaves
    /// nothing behind; `now` decides what has expired. The revisions that the backend sets are set in
    /// `changes` as well. Throws when SQLite refuses a write: with a savepoint nothing of this change set is
    /// left then, and when SQLite has ended the transaction, nothing of the others either; without one the
    /// transaction holds a part of it and has to be rolled back.
    commit_outcome apply(change_set& changes, utc_time now, savepoint guard);

private:
    commit_outcome judge(const change_set& changes, utc_time now);
    revision standing(const record_id& id, utc_time now);

    void write(change_set& changes, utc_time now, commit_outcome& outcome);
    void undo() noexcept;

    session_key write_session(session_change& change, utc_time stamp);
    revision first_revision();
    void write_record(const record_write& write, utc_time stamp, utc_time now);

    connection& connection_;
    session_table& sessions_;
    remover& removals_;
    change_recorder& changes_;
    std::optional<session_table::standing> session_; // of the change set that is judged and written
    statement savepoint_;
    statement release_;
    statement undo_;

    log_trimmer trimmer_;

    statement record_;
    statement put_record_;
    statement erased_;
};

} // namespace rejoinder::persistence::sqlite
