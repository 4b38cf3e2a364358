#pragma once

#include "persistence/json.hpp"
#include "persistence/session_record.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How much of a session's log is kept, decided at its commits and without a read.
namespace rejoinder::service {

/// What a log may hold; beyond, the oldest entries lose all but their turn's id and outcome.
struct log_bounds {
    std::size_t events = 4096;
    std::size_t bytes = 4 << 20; ///< of events, of what was asked and of what was said
    milliseconds age = std::chrono::hours(24);
};

/// Where the log stood at some moments of its past, at most two in a twelfth of its age: from them is known
/// which events are too old.
class log_marks {
public:
    /// A commit is made now; the one before it was made `then` and left the log's head at `head`.
    void note(utc_time now, utc_time then, std::uint64_t head, milliseconds age);

    /// Every event up to this one was there by `then`, so it is at least as old; 0: none is known to be.
    std::uint64_t head_at(utc_time then) const noexcept;

    /// Forgets what lies below the floor.
    void forget_below(std::uint64_t floor);

    /// As JSON text.
    void append_to(std::string& text) const;
    /// No marks when the value holds none: the events' age counts from now.
    static log_marks restore(const json& stored);

private:
    struct mark {
        utc_time at{};
        std::uint64_t head = 0;
    };
    std::vector<mark> marks_;
};

/// Lets go of what lies below `floor`, which is at most one above the head; nothing when it is gone already.
/// `texts` are the bytes that the log's entries hold beside events; like those of the events, what goes of
/// them is estimated by the log's mean.
void raise_floor(persistence::session_row& row, std::uint64_t& texts, std::uint64_t floor) noexcept;

/// Raises the floor of a row about to be committed until its log is within the bounds. Events up to `aged`
/// are too old.
void trim_log(persistence::session_row& row, std::uint64_t& texts, const log_bounds& bounds,
              std::uint64_t aged) noexcept;

/// What a session knows of its log beside its row's columns, and keeps in the row's metadata.
struct log_retention {
    log_marks marks;
    std::uint64_t texts = 0; ///< bytes of what was asked and said, from the floor to the head

    std::string serialise() const;
    static log_retention restore(std::string_view text);

    /// Brings a row that is about to be committed within the bounds. The commit before was made `then` and
    /// left the head at `head`.
    void trim(persistence::session_row& row, const log_bounds& bounds, utc_time now, utc_time then,
              std::uint64_t head);
};

} // namespace rejoinder::service
