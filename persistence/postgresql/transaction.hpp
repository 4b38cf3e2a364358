#pragma once

#include "persistence/postgresql/change_recorder.hpp"
#include "persistence/postgresql/connection.hpp"

#include <vector>

namespace rejoinder::persistence::postgresql {

/// What is done in one transaction of two round trips: the first asks for what the decision depends on and
/// locks it, the second writes what was decided. It may be begun several times, as others may get in its way;
/// each time forgets the one before, and only the latest counts.
///
/// Locks are taken in one order, so that transactions rarely end each other: sessions, records, the highest
/// revision of what is gone, and last the feed, which everybody waits for.
class transaction {
public:
    virtual ~transaction() = default;

    /// The questions, which may be none.
    virtual std::vector<query> begin() = 0;

    /// What is written, given an answer for each question, and what of it goes into the feed. Throws
    /// `failure` when an answer makes no sense.
    virtual std::vector<query> decide(const std::vector<rows>& answers, change_recorder& feed) = 0;
};

} // namespace rejoinder::persistence::postgresql
