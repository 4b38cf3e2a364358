#pragma once

#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/log_index.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::persistence::sqlite {

/// Rows of sessions and of their logs as they come into the store. Belongs to the writer's thread and runs in
/// its transaction.
class session_table {
public:
    session_table(connection& on, log_index& index);

    /// What a condition looks at.
    struct standing {
        session_key key;
        std::uint64_t owner_generation = 0;
        rejoinder::revision revision;
        utc_time expires{};

        // Known where a session is looked for by its key: a turn's commit looks once.
        bool has_turn = false;         ///< the turn is in its log
        bool is_to_be_trimmed = false; ///< something that shall go is still in its log

        std::string recent; ///< the newest entries, as the row names them
    };
    std::optional<standing> find(session_key session, const turn_id& turn);
    std::optional<standing> find(const session_id& session);

    /// A key that no session has had: whoever still holds the one of a session that was removed finds
    /// nothing.
    session_key new_key();

    void insert(const session_row& row, session_key key, std::string_view recent);

    /// Writes the row over the one that stands; what its state has not is where `said` says.
    void update(const session_row& row, const std::optional<said_in_log>& said, const standing& before,
                std::string_view recent);

    /// Appends an entry that the session's row shall name: `recent` is what it says so far.
    void append(session_key session, const log_entry& entry, std::string& recent);

    /// Appends an entry for the index.
    void append(session_key session, const log_entry& entry);

    /// Puts what the row names into the index.
    void settle(const standing& session);

private:
    std::int64_t write(session_key session, const log_entry& entry);

    connection& connection_;
    log_index& index_;
    statement by_key_;
    statement by_id_;
    statement new_key_;
    statement insert_;
    statement update_;
    statement note_due_;
    statement append_;
    statement forget_recent_;
};

} // namespace rejoinder::persistence::sqlite
