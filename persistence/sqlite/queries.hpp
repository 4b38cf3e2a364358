#pragma once

#include "persistence/backend/feed_position.hpp"
#include "persistence/record.hpp"
#include "persistence/result.hpp"
#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/log_index.hpp"
#include "persistence/sqlite/said_part.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace rejoinder::persistence::sqlite {

/// The reads of the contract. Belongs to the reader's thread. Each throws `failure` when SQLite cannot read;
/// `now` decides what has expired.
class queries {
public:
    /// A read of several ends with the one that brings its texts to `most_read_bytes`.
    queries(connection& on, std::size_t most_read_bytes);

    result<record> read(const record_id& id, utc_time now);
    std::vector<record> scan(const scan_request& request, utc_time now);
    result<session_row> read_session(const session_id& id, utc_time now);
    std::vector<log_entry> read_log(session_key session, std::uint64_t after, std::size_t max_events,
                                    std::size_t max_bytes);
    std::vector<log_entry> read_history(session_key session, log_position after, std::size_t limit);
    result<log_entry> find_turn(session_key session, const turn_id& turn);
    std::vector<log_entry> latest_turns(session_key session, std::size_t limit);

    std::vector<record> walk_records(const std::optional<record_id>& after, std::size_t limit);
    std::vector<session_row> walk_sessions(const session_id& after, std::size_t limit);

    result<backend::numbered_changes> read_changes(std::optional<std::uint64_t> after, std::size_t limit);

    /// Reads between these two see one state of the store and cost one lock instead of one each.
    void begin() { begin_.execute(); }
    void end() { end_.execute(); }

private:
    template <class Record, class Rows>
    std::vector<Record> read_page(Rows rows, std::size_t limit = std::numeric_limits<std::size_t>::max());
    template <class Rows, class Record>
    void read_row(Rows& rows, Record& into);
    void read_row(cursor& rows, session_row& into);
    template <class Rows>
    void read_row(Rows& rows, log_entry& into);
    template <class Take>
    std::vector<log_entry> read_entries(log_walk::entries rows, Take take);

    std::size_t most_read_bytes_;
    statement begin_;
    statement end_;
    statement record_;
    statement scan_;
    statement session_;
    said_part said_;
    log_walk log_;
    log_walk history_;
    statement turn_;
    log_walk latest_;
    statement walk_records_;
    statement walk_sessions_;
    statement feed_;
    statement changes_;
};

} // namespace rejoinder::persistence::sqlite
