#pragma once

#include "persistence/task.hpp"
#include "persistence/time.hpp"

#include <cstdint>
#include <string>

namespace rejoinder::service::load {

/// Why something did not work, for a person; empty: it did.
using trouble = std::string;

/// How long a contender waits for an answer.
inline constexpr milliseconds patience(30'000);

/// One client of a race, with one round trip in flight at a time. Calls don't overlap, but that `end` may
/// come at any time. It is ended before it is destroyed.
class contender {
public:
    virtual ~contender() = default;

    /// Connects. May be called again when the connection is lost or `end` was called, for those that say so.
    virtual task<trouble> begin() = 0;

    /// One round trip.
    virtual task<trouble> step() = 0;

    virtual task<> end() = 0;

    /// How many of its messages the server has thrown away for their rate.
    virtual std::uint64_t floods() const noexcept { return 0; }
};

} // namespace rejoinder::service::load
