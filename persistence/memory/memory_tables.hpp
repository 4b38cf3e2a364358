#pragma once

#include "persistence/change_set.hpp"
#include "persistence/memory/change_ring.hpp"
#include "persistence/result.hpp"
#include "persistence/rules.hpp"

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace rejoinder::persistence {

/// The highest numbers that were ever given away: none of them comes again.
struct high_water {
    rejoinder::revision erased; ///< of any record that is gone
    session_key session;
    std::uint64_t feed = 0; ///< of the changes in front of the feed
};

/// Is shown everything that the tables hold.
class table_visitor {
public:
    virtual ~table_visitor() = default;
    virtual void visit(const high_water& numbers) = 0; ///< once, before everything else
    virtual void visit(const record& one) = 0;
    virtual void visit(const session_row& one) = 0; ///< before its entries
    virtual void visit(session_key of, const log_entry& one) = 0;
    virtual void visit(const change& one) = 0; ///< in order
};

/// The contract's data and rules without its waiting: what a change set does, what a read answers. `now` is
/// the moment that decides what has expired. How large texts may be is not looked at: whoever writes has done
/// so. One thread.
class memory_tables {
public:
    /// Bytes with which a read of several ends.
    void bound_reads(std::size_t bytes) noexcept { most_read_bytes_ = bytes; }

    commit_outcome commit(change_set changes, utc_time now);

    /// The verdict that `commit` would give.
    commit_outcome judge(const change_set& changes, utc_time now) const;

    /// As the contract says; the same tables and the same arguments lead to the same tables, as a journal
    /// that repeats them depends on.
    error_code transplant(transfer what, utc_time now);
    purged purge(utc_time expired_before, std::size_t limit, utc_time now);

    void forget_removals() { feed_.forget_removals(); }

    /// The verdict that `transplant` would give.
    error_code judge(const transfer& what) const;

    result<record> read(const record_id& id, utc_time now) const;
    std::vector<record> scan(const scan_request& request, utc_time now) const;
    result<session_row> read_session(const session_id& id, utc_time now) const;
    std::vector<log_entry> read_log(session_key session, std::uint64_t after, std::size_t max_events,
                                    std::size_t max_bytes) const;
    std::vector<log_entry> read_history(session_key session, log_position after, std::size_t limit) const;
    result<log_entry> find_turn(session_key session, const turn_id& turn) const;
    std::vector<log_entry> latest_turns(session_key session, std::size_t limit) const;

    std::vector<record> walk_records(const std::optional<record_id>& after, std::size_t limit) const;
    std::vector<session_row> walk_sessions(const session_id& after, std::size_t limit) const;

    result<backend::numbered_changes> read_changes(std::optional<std::uint64_t> after,
                                                   std::size_t limit) const {
        return feed_.read(after, limit);
    }

    /// Shows everything there is, what has expired too, always in the same order.
    void visit(table_visitor& by) const;

    /// Puts back what a visitor was shown, in the same order; false when it cannot stand beside what is
    /// there.
    bool restore(const high_water& numbers);
    bool restore(record one);
    bool restore(session_row one);
    bool restore(session_key of, log_entry one);
    bool restore(change one);

private:
    struct stored_session {
        session_row row;
        std::map<revision, log_entry> log;
        std::unordered_map<turn_id, revision> turns;
        revision stripped; // entries up to it have nothing left but their turn's outcome
    };

    using records = std::map<record_id, record, rules::walk_order>;
    using session_keys = std::map<session_id, session_key>;

    const stored_session* find(session_key session) const;
    const stored_session* find(const session_id& session) const;
    const stored_session* standing(const session_change& change) const;
    revision standing(const record_id& id, utc_time now) const;

    session_key write(session_change change, utc_time stamp);
    void write(record_write write, utc_time stamp, utc_time now);
    static void trim(stored_session& session, utc_time forget_before);
    session_keys::iterator remove(session_keys::iterator session, utc_time stamp);
    records::iterator remove(records::iterator found, utc_time stamp);
    void put(moved_session one, utc_time stamp);
    void restate(record one);
    void restate(moved_session one);
    static void put(stored_session& into, log_entry entry);

    records records_; // in the order of a walk: a scan is one from its lower bound
    std::map<session_key, stored_session> sessions_;
    session_keys keys_;
    high_water numbers_; // without that of the feed, which knows it
    change_ring feed_;
    std::size_t most_read_bytes_ = size_bounds().read;
};

} // namespace rejoinder::persistence
