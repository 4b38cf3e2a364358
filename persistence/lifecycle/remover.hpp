#pragma once

#include "persistence/database.hpp"
#include "persistence/lifecycle/run_mode.hpp"

#include <cstdint>

namespace rejoinder::persistence::lifecycle {

/// Removes records and sessions that were read, if they still are what they were, some at a time. What
/// somebody has changed since stays and is counted. In a dry run it only counts. The environment and the
/// database outlive it.
class remover {
public:
    remover(environment& env, database& from, run_mode how) : env_(env), from_(from), mode_(how) {}

    task<error_code> remove(const record& one);
    task<error_code> remove(const session_row& one);
    task<error_code> flush();

    std::uint64_t records() const noexcept { return records_; }   ///< removed
    std::uint64_t sessions() const noexcept { return sessions_; } ///< removed
    std::uint64_t changed() const noexcept { return changed_; }   ///< left, because it has changed

private:
    task<error_code> flush_if_full();

    environment& env_;
    database& from_;
    run_mode mode_;
    change_set pending_;
    std::uint64_t records_ = 0;
    std::uint64_t sessions_ = 0;
    std::uint64_t changed_ = 0;
};

} // namespace rejoinder::persistence::lifecycle
