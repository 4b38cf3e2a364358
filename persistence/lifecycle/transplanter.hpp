#pragma once

#include "persistence/database.hpp"

#include <optional>

namespace rejoinder::persistence::lifecycle {

/// Puts records and sessions into a store as they were in another one, some at a time. What it still holds is
/// put there by `flush`. After an error nothing more is to be put. The database outlives it.
class transplanter {
public:
    explicit transplanter(database& into) : into_(into) {}

    task<error_code> put(record one);

    /// Begins a session in place of the one that stands there.
    task<error_code> put(session_row row);

    /// An entry of the log of the session that was begun last, behind those that were put before.
    task<error_code> put(log_entry entry);

    task<error_code> flush();

private:
    task<error_code> flush_if_full();

    database& into_;
    transfer pending_;
    std::size_t items_ = 0;
    std::size_t bytes_ = 0;
    session_row session_; ///< that was begun last
};

} // namespace rejoinder::persistence::lifecycle
