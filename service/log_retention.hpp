#pragma once

#include "persistence/session_record.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How much of a session's log is kept, decided at its commits and without a read.
namespace rejoinder::service {

/// What a log may hold; beyond, the oldest events go.
struct log_bounds {
    std::size_t events = 4096;
    std::size_t bytes = 4 << 20;
    milliseconds age = std::chrono::hours(24);
};

/// Where the log stood at some moments of its past, at most two in a twelfth of its age: from them is known
/// which events are too old. Part of the session's row.
class log_marks {
public:
    /// A commit is made now; the one before it was made `then` and left the log's head at `head`.
    void note(utc_time now, utc_time then, std::uint64_t head, milliseconds age);

    /// Every event up to this one was there by `then`, so it is at least as old; 0: none is known to be.
    std::uint64_t head_at(utc_time then) const noexcept;

    /// Forgets what lies below the floor.
    void forget_below(std::uint64_t floor);

    std::string serialise() const;
    /// No marks when the text holds none: the events' age counts from now.
    static log_marks restore(std::string_view text);

private:
    struct mark {
        utc_time at{};
        std::uint64_t head = 0;
    };
    std::vector<mark> marks_;
};

/// Raises the floor of a row about to be committed until its log is within the bounds. Events up to `aged`
/// are too old. The bytes that go are estimated by the log's mean.
void trim_log(persistence::session_row& row, const log_bounds& bounds, std::uint64_t aged) noexcept;

} // namespace rejoinder::service
