#pragma once

#include "persistence/postgresql/connection.hpp"
#include "persistence/session_record.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// The statements about sessions that several transactions have in common.
namespace rejoinder::persistence::postgresql {

/// What a transaction has to know of a session before it writes.
struct locked_session {
    session_key key;
    session_fence fence;
    session_id id;
    bool is_trimmed = false; ///< a trim is asked for and not done
};

/// Locks rows in the order of their keys. Only a session that is created once more, replaced or removed is
/// met from another side, by its id: the server ends the deadlock that may come of it, and one of the two
/// transactions is repeated.
query lock_sessions(std::span<const std::int64_t> keys);
query lock_sessions(std::span<const std::string_view> ids);
locked_session read_locked(const rows& found, int row);

/// So many keys that no session had or will have.
query new_session_keys(std::size_t count);
std::vector<session_key> read_keys(const rows& found);

query insert_session(const session_row& row, session_key key, const session_id& id);
query update_session(const session_row& row, session_key key);
query append_entry(session_key session, const log_entry& entry);

/// Removes sessions, which are locked, with their logs.
void remove_sessions(std::vector<query>& queries, std::span<const std::int64_t> keys);

/// Removes the logs alone.
void empty_logs(std::vector<query>& queries, std::span<const std::int64_t> keys);

} // namespace rejoinder::persistence::postgresql
