#pragma once

#include "persistence/database.hpp"
#include "persistence/lifecycle/erasures.hpp"
#include "persistence/lifecycle/progress.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace rejoinder::persistence::lifecycle {

/// What a store holds, as counts and one number. The number is the sum modulo 2^64, in four parts, of the
/// SHA-256 of each record, session and log entry with all that its columns hold: two stores with the same
/// content have the same, in whatever order and under whatever keys they keep it.
class store_digest {
public:
    void add(const record& one);
    void add(const session_row& one);
    void add(const session_id& of, const log_entry& one);

    std::uint64_t records = 0;
    std::uint64_t sessions = 0;
    std::uint64_t entries = 0;

    std::string text() const; ///< 64 hexadecimal digits
    friend bool operator==(const store_digest&, const store_digest&) = default;

private:
    void add(const std::string& bytes);
    std::array<std::uint64_t, 4> sum_{};
};

/// Reads the whole store as a copy of it is: without what has been erased, and without tombstones, of which
/// each store has its own. The database outlives the task.
task<result<store_digest>> digest_store(database* of, erasures without, on_progress listener);

} // namespace rejoinder::persistence::lifecycle
