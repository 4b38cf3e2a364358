#pragma once

#include "tests/e2e/journal.hpp"
#include "tests/e2e/stored_sessions.hpp"

#include <cstddef>

namespace rejoinder::tests {

/// How often a client was welcomed back with each outcome.
struct outcomes {
    std::size_t lossless = 0;
    std::size_t replayed = 0;

    outcomes& operator+=(const outcomes& other) {
        lossless += other.lossless;
        replayed += other.replayed;
        return *this;
    }
};

/// Checks that each welcome said the truth about what the client had, that the lineage never changed, and
/// that what was promised to be replayed came as a replay.
outcomes check_welcomes(const journal& notes);

/// Checks that the client saw every event once and in order.
void check_events(const journal& notes);

/// Checks that the client's journal and the database tell the same story: every accepted turn is there once,
/// nothing else is, and the events are equal.
void check_stored(const journal& notes, const stored_session& stored);

} // namespace rejoinder::tests
