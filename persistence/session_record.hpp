#pragma once

#include "persistence/ids.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::persistence {

/// The database's own small name of a session; a session's log is found by it. Zero is none.
struct session_key {
    std::int64_t value = 0;
    friend auto operator<=>(const session_key&, const session_key&) = default;
};

/// The one row of a session: everything that a resume or a turn needs, so that a plain turn writes this row
/// and one row of the log, whatever the session's history. The texts are JSON that the layers above own; a
/// backend stores them and does not look inside.
struct session_row {
    session_key key;
    session_id id;
    account_id account;
    std::string loop;
    device_id device; ///< that the session was created by
    std::string person;
    std::string user;

    std::string machine;
    std::int64_t machine_version = 0;
    std::string machine_hash;

    rejoinder::revision revision; ///< of this row; 1 at creation, +1 with every commit
    std::uint64_t resets = 0;     ///< operator resets; part of what the epoch is derived from
    std::uint64_t head = 0;       ///< number of the latest event, 0 when there is none
    std::uint64_t floor = 1; ///< number of the oldest event that is still in the log; head + 1 when none is
    std::uint64_t log_bytes = 0; ///< bytes of the events from floor to head

    std::string owner_node;
    std::uint64_t owner_generation = 0;  ///< fence: of the activation that wrote the row last
    std::uint64_t attach_generation = 0; ///< of the newest attachment

    utc_time created{};
    utc_time last_seen{};
    utc_time expires{};             ///< from then on the session counts as unknown
    std::optional<utc_time> closed; ///< set when the session has ended

    std::string state;    ///< snapshot of the machine with context and conversation
    std::string devices;  ///< per device: highest turn number, hashes of its resume tokens
    std::string metadata; ///< free for what is not worth a column
};

/// One commit of a session that belongs in its history: the turn with its outcome, and the events it showed.
/// A commit without a turn (a greeting on creation, a device report) leaves the turn's members empty, but for
/// the input.
struct log_entry {
    rejoinder::revision revision; ///< of the session row in the same commit; orders the log
    std::uint64_t first = 0;      ///< events first..last; last = first - 1 when the commit shows none
    std::uint64_t last = 0;
    utc_time at{};

    turn_id turn;
    device_id device;
    std::uint64_t number = 0;
    std::string status; ///< done, failed or cancelled
    std::string digest; ///< SHA-256 of the turn's payload: a different payload under a known id is refused
    std::string
        input; ///< JSON: what the step was given, with its time and seed, so that it can be made again
    std::string outcome; ///< JSON: what a retry is answered with

    std::string events;   ///< JSON array of events; [] when trimmed
    std::string messages; ///< JSON array: what was said by whom, for the conversation's history
};

/// A place in a session's log, whose order is by `last` and then by revision; neither falls. The default is
/// in front of everything.
struct log_position {
    std::uint64_t last = 0;
    rejoinder::revision revision;
    friend auto operator<=>(const log_position&, const log_position&) = default;
};

inline log_position position_of(const log_entry& entry) noexcept {
    return {entry.last, entry.revision};
}

/// What an activation must still own for its commit to count.
struct session_fence {
    std::uint64_t owner_generation = 0;
    rejoinder::revision revision;
};

/// The part of a session's state that its log holds as well. A store that completes states is given them
/// without it and gives them back whole: the latest of what was said is most of a state, and a commit has
/// just put its own share of it into the log.
struct said_in_log {
    log_position since;    ///< of the first entry; the log keeps it: `last` is at least the row's floor
    std::size_t skip = 0;  ///< bytes of its messages in front of the part
    std::size_t begin = 0; ///< in the state, where the part belongs
    /// Its bytes. They are those of the messages of the entries from `since` on, each without its brackets,
    /// those that are not empty joined by commas.
    std::size_t size = 0;
};

/// The session's part of a change set: the row as it shall stand afterwards (its revision is set by the
/// backend), at most one entry of the log, and how much of the log to let go.
struct session_change {
    session_row row;
    std::optional<session_fence> expected; ///< absent: the session is created
    std::optional<log_entry> append;
    std::optional<said_in_log> said; ///< missing in the state of `row`; only where `completes_states`

    /// Trim: entries wholly below row.floor lose their events, messages and input, and those of them that are
    /// older than this and beyond the latest 256 are removed, oldest first up to the first that stays. One
    /// commit does a part of it, 256 entries each way at least; the session's next commits go on with the
    /// rest by themselves.
    std::optional<utc_time> forget_before;
};

} // namespace rejoinder::persistence
