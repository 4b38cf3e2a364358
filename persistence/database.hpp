#pragma once

#include "persistence/change_feed.hpp"
#include "persistence/change_set.hpp"
#include "persistence/environment.hpp"
#include "persistence/queue_bounds.hpp"
#include "persistence/result.hpp"
#include "persistence/schema_versions.hpp"
#include "persistence/size_bounds.hpp"
#include "persistence/store_health.hpp"
#include "persistence/task.hpp"
#include "persistence/transfer.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence {

namespace encryption {
class keyring;
}

/// The kinds of database that the factory knows.
enum class database_type { memory, file, sqlite, postgresql };

std::string_view to_string(database_type type) noexcept;

/// What a committed change survives.
enum class durability {
    none,  ///< the end of the process loses it
    group, ///< kill -9 and power loss; commits of many sessions share a transaction
    strict ///< the same, a transaction for each
};

std::string_view to_string(durability d) noexcept;

/// The contract that every backend fulfils and the contract tests check.
///
/// - Threads. All members are called, and all tasks complete, on the thread of the environment that the
///   database was opened with; a backend that blocks does so on threads of its own. Members may be called
///   while others run. One that serves all loops (`backend::serves_all_loops`) may be called on any of them,
///   but for `close`, and completes a task on the loop of whoever awaits it; `backend::relay_database` stands
///   in for the others.
/// - Order. Change sets that are submitted one after the other are applied in that order. A task that reads
///   sees every change set whose `commit` has completed before the read began, and may see one that is about
///   to complete.
/// - Atomicity. A change set is checked first and then written whole, or not at all; others grouped with it
///   are not affected by its verdict. Only a failed flush fails all of a group, with `unavailable` when it is
///   known that nothing was written and `unknown_outcome` otherwise.
/// - Fencing. A session change counts only if the row still has the expected owner generation (else `fenced`)
///   and revision (else `conflict`). A log entry whose turn id the session has already is `duplicate_turn`.
/// - Revisions. A record in a fresh store begins with revision 1; a record that is created begins above every
///   one that was erased, and one that has expired goes on where it was, so what was read under a revision is
///   never taken for something else.
/// - Bounds. A text of more than `max_value_size` bytes is `too_large`, and what names a record may be so
///   above 2 KiB in all; a read of several records ends with the one that brings its texts to 4 MiB.
/// - Whole store. The walks, `transplant`, `purge`, `compact` and `back_up` are for commands and
///   housekeeping. They may run while sessions are served; commits go on between two calls, and during
///   `back_up`. They have no order among the commits that are under way. At most `queue_bounds::chores` of
///   them wait; more are `unavailable`.
/// - Failure. What an operation throws on a thread of the backend, for want of memory say, is the operation's
///   own `unavailable`.
/// - End. After `close` every call completes with `closed`.
class database {
public:
    virtual ~database() = default;

    virtual database_type type() const noexcept = 0;
    virtual persistence::durability durability() const noexcept = 0;

    /// Names this store's history: new whenever what a client knows may not be a prefix of it any more (a
    /// memory store was started, a backup was restored). Stable while the database is open.
    virtual const std::string& incarnation() const noexcept = 0;

    /// What opening has done to the store's schema. Never changes afterwards.
    virtual schema_versions schema() const noexcept { return {}; }

    /// Whether keys of records that tell something personal (`has_personal_key`) are stored as pseudonyms:
    /// records of such a type and scope are then walked in an order of their own, always the same.
    virtual bool hides_keys() const noexcept { return false; }

    /// Whether a session's state may be committed without the part that its log says (`said_in_log`). Never
    /// changes; where it is not so, such a commit is `unsupported`.
    virtual bool completes_states() const noexcept { return false; }

    /// Whether commits can succeed now. Any thread; it costs nothing, as it is what the last attempt met. A
    /// store that is not usable tries again by itself, with pauses of 250 ms to 10 s, until it is, with or
    /// without commits; meanwhile those are `unavailable`.
    virtual store_health health() const noexcept = 0;

    virtual task<commit_outcome> commit(change_set changes) = 0;

    virtual task<result<record>> read(record_id id) = 0;

    /// At most 1000 records. There may be more unless none is returned.
    virtual task<result<std::vector<record>>> scan(scan_request request) = 0;

    virtual task<result<session_row>> read_session(session_id id) = 0;

    /// Entries that hold events above `after`, oldest first, until `max_events` or `max_bytes` of events are
    /// reached (at least one entry when there is any). Entries without events are left out. What only turns
    /// have, `input`, `outcome` and `messages`, is left empty. `corrupt` when the first entry is damaged:
    /// what lies in front of a damaged one is read, what lies behind it with an `after` that passes over it.
    virtual task<result<std::vector<log_entry>>> read_log(session_key session, std::uint64_t after,
                                                          std::size_t max_events, std::size_t max_bytes) = 0;

    /// Whole entries behind a position, with turns and events or without, oldest first: at most `limit`, at
    /// least one when there is any.
    virtual task<result<std::vector<log_entry>>> read_history(session_key session, log_position after,
                                                              std::size_t limit) = 0;

    virtual task<result<log_entry>> find_turn(session_key session, turn_id turn) = 0;

    /// The latest entries that hold turns, newest first, without `input`, `events` and `messages`.
    virtual task<result<std::vector<log_entry>>> latest_turns(session_key session, std::size_t limit) = 0;

    /// Records of all types and owners, expired ones too, in ascending order of account, type, loop, device,
    /// person and key (bytewise), behind `after` (nothing: from the first). At most `limit`, 1 to 1000; the
    /// last page is the empty one. What stands during the whole walk is met once.
    virtual task<result<std::vector<record>>> walk_records(std::optional<record_id> after,
                                                           std::size_t limit) = 0;

    /// Sessions, expired and ended ones too, in ascending order of id, with the bounds of `walk_records`.
    virtual task<result<std::vector<session_row>>> walk_sessions(session_id after, std::size_t limit) = 0;

    /// Puts in place what was read from another store, exactly as it is, envelopes and revisions included,
    /// instead of what stands under the same names; a session's first part replaces the session with its
    /// whole log, and the session keeps the key that it has here. All of it or nothing: `not_found` for a
    /// further part of a session that is not there, `too_large` above 16 MiB of texts (a page of a walk fits,
    /// and a session with a page of its history). No revision or fence is looked at: nobody else may write to
    /// what is being replaced. The same transfer twice leaves the same. One that restates looks at revisions
    /// and may run beside any other work (`transfer::manner`).
    virtual task<error_code> transplant(transfer what) = 0;

    /// Removes for good what has expired by a moment, that is, reads as absent then: some of it, at most
    /// `limit` of each kind. Nothing is left when it has removed less. Log entries go with their session.
    virtual task<result<purged>> purge(utc_time expired_before, std::size_t limit) = 0;

    /// Bytes that the store takes on its disk; 0 for memory. In a server's database those of its tables with
    /// their indexes, or `unsupported` where the server does not tell.
    virtual task<result<std::uint64_t>> size() = 0;

    /// Gives the room of what was removed back to the disk, and leaves nothing of it in any of the store's
    /// files: what a migration or a recovery has put aside goes too, and the feed begins behind the latest
    /// removal, as it holds names. Copies made by `back_up` are elsewhere and stay as they are. Takes as long
    /// as reading and writing everything, and twice the room; with sqlite commits wait for it (those beyond
    /// the bounds of the queue are `unavailable`) and reads for its end. `unavailable` while a copy is made.
    /// In a server's database the promise is smaller: its tables are vacuumed beside commits and reads, what
    /// is free at their ends goes back to its disk, and what bytes stay in its files, its log and its backups
    /// is its administrator's. A `close` interrupts that, and it is `closed`.
    virtual task<error_code> compact() = 0;

    /// Makes a copy of everything that is committed, of one moment, which `open_database` opens in that place
    /// (a file for sqlite, a folder for file); the place must not exist yet, and nothing of a copy that
    /// failed stays. It is a copy in everything, the incarnation included: who puts it in the place of a
    /// store that went on renews that. `unwritable` when the place is taken or cannot be written;
    /// `unsupported` where a store has no files of its own (memory, postgresql): export it. A `close`
    /// completes it, or ends it as `closed`.
    virtual task<error_code> back_up(std::string place) = 0;

    /// What was committed behind a position, in order, at most `limit` changes, 1 to 1000. Positions are
    /// texts of the store's own that stay good over restarts; the empty one is in front of all that is kept,
    /// at least the latest `kept_changes` (since the latest `compact`). Each record's and each session's
    /// changes are in the order of their revisions. What a transplant puts in place is a change like others,
    /// at the revision that it brings. `trimmed` when changes behind the position are gone, or it is of
    /// another incarnation.
    virtual task<result<change_page>> read_changes(std::string after, std::size_t limit) = 0;

    /// Completes what was submitted, then releases files and threads. Called once, before the destructor.
    virtual task<> close() = 0;
};

struct database_options {
    database_type type = database_type::memory;
    std::string location;  ///< a file (sqlite), a folder (file), the rest of a URL (postgresql) or nothing
    queue_bounds queues{}; ///< memory has none

    /// Of `file`: whether snapshots are written as zstd frames; those that are there are read either way.
    bool compresses = false;

    // A server's (postgresql) only.
    std::size_t connections = 4;           ///< one for commits, the others for reads; at least 2
    milliseconds statement_timeout{5'000}; ///< what the server gives one statement

    /// That values are sealed under; without any they are stored as they are.
    std::shared_ptr<const encryption::keyring> keys{};

    size_bounds sizes{}; ///< of the backend itself; `open_database` raises them where there are keys
};

/// Parses `memory:`, `file:DIR`, `sqlite:PATH` or `postgresql://...`; anything else is `bad_url`.
result<database_options> parse_database_url(std::string_view url);

/// The URL for people: with `***` for a password.
std::string without_password(std::string_view url);

/// What a person knows a store by: its path, or its URL without a password.
std::string name_of(const database_options& options);

/// The one factory: opens the store, migrates its schema, checks it. Blocks; called at start-up before
/// listening. `why` receives one sentence for a person when it fails (without secrets).
result<std::unique_ptr<database>> open_database(environment& env, const database_options& options,
                                                std::string& why);

} // namespace rejoinder::persistence
