#pragma once

#include "persistence/backend/feed_position.hpp"
#include "persistence/postgresql/connection.hpp"
#include "persistence/record.hpp"
#include "persistence/session_record.hpp"

#include <cstdint>
#include <optional>
#include <vector>

/// The reads of the contract: what is asked for each, and what the answer means. `now` decides what has
/// expired. Bounds are kept by the server, so that no answer is larger than what is read of it: one of
/// several ends with the one that brings its texts to `most_bytes`.
namespace rejoinder::persistence::postgresql {

query ask_record(const record_id& id, utc_time now);
query ask_scan(const scan_request& request, utc_time now, std::size_t most_bytes);
query ask_session(const session_id& id, utc_time now);
query ask_log(session_key session, std::uint64_t after, std::size_t max_events, std::size_t max_bytes);
query ask_history(session_key session, log_position after, std::size_t limit, std::size_t most_bytes);
query ask_turn(session_key session, const turn_id& turn);
query ask_latest(session_key session, std::size_t limit, std::size_t most_bytes);
query ask_records_behind(const std::optional<record_id>& after, std::size_t limit, std::size_t most_bytes);
query ask_sessions_behind(const session_id& after, std::size_t limit, std::size_t most_bytes);
query ask_changes(std::optional<std::uint64_t> after, std::size_t limit, std::size_t most_bytes);

/// Bytes of the tables with their indexes.
query ask_size();

result<record> one_record(const rows& found);
std::vector<record> all_records(const rows& found);
result<session_row> one_session(const rows& found);
std::vector<session_row> all_sessions(const rows& found);
result<log_entry> one_entry(const rows& found);
std::vector<log_entry> all_entries(const rows& found);
result<backend::numbered_changes> all_changes(const rows& found, std::optional<std::uint64_t> after);
std::uint64_t one_size(const rows& found);

} // namespace rejoinder::persistence::postgresql
