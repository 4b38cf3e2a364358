#pragma once

#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"

#include <optional>

namespace rejoinder::persistence::sqlite {

/// Rows of sessions and of their logs as they come into the store. Belongs to the writer's thread and runs in
/// its transaction.
class session_table {
public:
    explicit session_table(connection& on);

    /// What a condition looks at.
    struct standing {
        session_key key;
        std::uint64_t owner_generation = 0;
        rejoinder::revision revision;
        utc_time expires{};

        // Known where a session is looked for by its key: a turn's commit looks once.
        bool has_turn = false;         ///< the turn is in its log
        bool is_to_be_trimmed = false; ///< something that shall go is still in its log
    };
    std::optional<standing> find(session_key session, const turn_id& turn);
    std::optional<standing> find(const session_id& session);

    /// A key that no session has had: whoever still holds the one of a session that was removed finds
    /// nothing.
    session_key new_key();

    void insert(const session_row& row, session_key key);

    /// Writes the row over the one that stands, without what its log holds as well.
    void update(const session_row& row, const std::optional<said_in_log>& said, const standing& before);
    void append(session_key session, const log_entry& entry);

private:
    statement by_key_;
    statement by_id_;
    statement new_key_;
    statement insert_;
    statement update_;
    statement note_due_;
    statement append_;
};

} // namespace rejoinder::persistence::sqlite
