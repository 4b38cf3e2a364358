#pragma once

#include "persistence/database.hpp"
#include "persistence/lifecycle/progress.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace rejoinder::persistence::lifecycle {

/// What there is of one kind.
struct kind_statistics {
    std::uint64_t count = 0;
    std::uint64_t expired = 0;      ///< of those: they count as absent and wait for their removal
    std::uint64_t bytes = 0;        ///< of all their texts
    std::optional<utc_time> oldest; ///< by creation
    std::optional<utc_time> newest;

    void add(utc_time created, std::uint64_t size, bool is_expired);
};

struct store_statistics {
    /// By type. Types beyond 256 that this program does not know count together as `(others)`.
    std::map<std::string, kind_statistics> records;
    kind_statistics sessions; ///< without their logs
    std::uint64_t ended = 0;  ///< sessions
    kind_statistics entries;  ///< of logs
    std::uint64_t turns = 0;
    std::uint64_t events = 0; ///< that are still in the logs
    std::uint64_t disk_bytes = 0;
};

/// Counts what is in the whole store. The database outlives the task.
task<result<store_statistics>> gather_statistics(database* of, utc_time now, on_progress listener);

} // namespace rejoinder::persistence::lifecycle
