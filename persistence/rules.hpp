#pragma once

#include "persistence/change_feed.hpp"
#include "persistence/change_set.hpp"
#include "persistence/result.hpp"
#include "persistence/size_bounds.hpp"
#include "persistence/transfer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

/// What every backend decides in the same way, as pure functions: a backend finds out what stands in its
/// store, asks here whether a change may happen, and writes.
namespace rejoinder::persistence::rules {

/// Bytes of a change set's texts.
struct text_sizes {
    std::size_t largest = 0;
    std::size_t total = 0;
};

text_sizes measure(const change_set& changes) noexcept;
text_sizes measure(const transfer& what) noexcept;

/// Whether texts are within their bounds: no error or `too_large`. A transfer of a page of a walk is, as is
/// one of a session with a page of its history. Backends ask at their doors: what came in once is never
/// refused later. Sizes alone are those of a change set.
error_code judge_size(const text_sizes& sizes, const size_bounds& bounds) noexcept;
error_code judge_size(const change_set& changes, const size_bounds& bounds) noexcept;
error_code judge_size(const transfer& what, const size_bounds& bounds) noexcept;

/// Bytes of the session's state with what its log has of it.
std::size_t size_of_whole_state(const session_change& change) noexcept;

/// Whether the store can make the state whole that a change set has without its part in the log: no error or
/// `unsupported`. Otherwise the part would be lost.
error_code judge_states(const change_set& changes, bool store_completes_states) noexcept;

/// Bytes of the texts of what was read.
std::size_t size_of(const record& found) noexcept;
std::size_t size_of(const session_row& found) noexcept;
std::size_t size_of(const log_entry& found) noexcept;
std::size_t size_of(const change& found) noexcept;
std::size_t size_of(const change_page& found) noexcept;

/// Whether a session's change may be written over what stands there (nothing: no such session): no error,
/// `conflict`, `fenced` or, for an update of an unknown session, `not_found`. The fence comes first: who is
/// fenced must stop, whatever else is wrong.
error_code judge(const session_change& change, const std::optional<session_fence>& standing) noexcept;

/// Whether a write's condition holds over a record at revision `standing` (zero: there is none, or it has
/// expired).
bool holds(const record_write& write, revision standing) noexcept;

/// Whether a session that expires then is known at `now`; the same for a keyed record.
bool alive(std::optional<utc_time> expires, utc_time now) noexcept;

/// The order in which a walk meets records.
struct walk_order {
    bool operator()(const record_id& a, const record_id& b) const noexcept;
};

/// The number of records that a scan or a page of a walk returns for a requested limit.
std::size_t bounded_scan(std::size_t limit) noexcept;

/// Whether the entry holds an event above `after`: not when it never had one, nor when its events were let
/// go.
bool holds_event_above(const log_entry& entry, std::uint64_t after) noexcept;

/// Entries of a session's log that stay for their turn's outcome, however old they are.
inline constexpr std::size_t kept_entries = 256;

/// Entries whose events one commit lets go at most, and entries that it removes at most: a session that has
/// been long away must not hold up the others' commits.
inline constexpr std::size_t trimmed_at_once = 256;

/// How much of a log one read returns: whole entries, the first one always, further ones while both bounds
/// hold.
class log_budget {
public:
    log_budget(std::uint64_t after, std::size_t max_events, std::size_t max_bytes) noexcept
        : after_(after), events_left_(max_events), bytes_left_(max_bytes) {}

    /// Accounts for the next entry, which holds an event above `after`; false when it does not fit any more.
    bool take(const log_entry& entry) noexcept;

private:
    std::uint64_t after_;
    std::uint64_t events_left_;
    std::size_t bytes_left_;
    bool first_ = true;
};

} // namespace rejoinder::persistence::rules
