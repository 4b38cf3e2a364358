#pragma once

#include "persistence/change_set.hpp"
#include "persistence/postgresql/change_recorder.hpp"
#include "persistence/postgresql/connection.hpp"
#include "persistence/postgresql/session_table.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace rejoinder::persistence::postgresql {

/// The change sets of one transaction between its two round trips: what they are about is asked for and
/// locked, then each is judged over what stands there and what those before it write, then only what stands
/// at the end of all is written: a record that many sets change is written once. Nothing here waits.
///
/// The change sets outlive the batch, which sets the revisions, keys and ids that a backend sets in them, and
/// may be given to another batch when this one's transaction came to nothing.
class batch {
public:
    /// Asks for what the set touches.
    void add(change_set& changes);

    /// The questions, and what they lock, in an order that all servers keep. Only what is there can be
    /// locked: what is created meanwhile is a unique violation later.
    std::vector<query> questions() const;

    /// The answers, one for each question.
    void take(const std::vector<rows>& answers);

    /// The verdict on a set that was added; `now` decides what has expired. In the order of submission.
    commit_outcome apply(change_set& changes, utc_time now, change_recorder& feed);

    /// The statements that write what `apply` has decided.
    std::vector<query> writes() const;

private:
    struct standing_session {
        locked_session at;                    ///< its row, after the sets so far
        std::set<turn_id> turns;              ///< of those that the batch's sets bring
        const session_row* written = nullptr; ///< the row as it shall stand
        bool is_new = false;                  ///< it is not in the table
        bool is_removed = false;
        std::optional<utc_time> forget_before; ///< of a trim that a set asked for
        std::uint64_t trim_floor = 0;
    };

    struct standing_record {
        revision stored;  ///< in the table, zero when it is not there
        revision current; ///< after the sets so far, zero when it is erased
        utc_time created{};
        utc_time updated{};
        std::optional<utc_time> expires;
        const record_write* written = nullptr; ///< that made it what it is
        bool is_erased = false;
    };

    standing_session* find(const session_change& change);
    standing_session* find(const session_id& id);
    commit_outcome judge(const change_set& changes, utc_time now);
    session_key write(session_change& change, utc_time stamp, change_recorder& feed);
    void write(const record_write& one, utc_time stamp, utc_time now, change_recorder& feed);
    void remove(const session_id& id, utc_time stamp, change_recorder& feed);

    query ask_records() const;
    void write_sessions(std::vector<query>& queries) const;
    void write_record(std::vector<query>& queries, const record_id& id, const standing_record& record) const;

    // What is asked for.
    std::set<std::int64_t> keys_;
    std::set<std::string_view> ids_;
    std::size_t created_ = 0; // sessions at most
    std::set<std::pair<std::int64_t, std::string_view>> turns_;
    std::map<record_id, standing_record> records_;
    bool creates_records_ = false;
    bool erases_records_ = false;

    // What stands.
    std::map<session_key, standing_session> sessions_;
    std::map<session_id, session_key> key_of_;
    std::vector<session_key> unused_keys_;
    revision erased_;
    revision erased_before_;
    std::vector<std::pair<session_key, const log_entry*>> appended_;
};

} // namespace rejoinder::persistence::postgresql
