#pragma once

#include "persistence/lifecycle/pages.hpp"
#include "persistence/lifecycle/remover.hpp"
#include "persistence/lifecycle/retention_rules.hpp"

#include <cstdint>
#include <deque>

namespace rejoinder::persistence::lifecycle {

struct retention_counts {
    std::uint64_t reflections = 0;
    std::uint64_t media = 0; ///< that had been marked as deleted
    std::uint64_t expired_records = 0;
    std::uint64_t expired_sessions = 0;

    std::uint64_t sum() const noexcept { return reflections + media + expired_records + expired_sessions; }
};

enum class retention_state { under_way, over };

/// Removes what is not kept any longer, in steps that are small enough to be made while sessions are served.
/// One pass goes once through the store. The environment and the database outlive it.
class retention_pass {
public:
    retention_pass(environment& env, database& of, retention_rules rules, run_mode how);

    /// A page further.
    task<result<retention_state>> step();

    /// Removes some of what expired before a moment, sessions with their logs. Over when none is left. A dry
    /// run counts all of it.
    task<result<retention_state>> purge(utc_time expired_before);

    const retention_counts& removed() const noexcept { return removed_; }

private:
    task<error_code> judge(record one);
    task<error_code> count_expired_sessions(utc_time before);
    task<error_code> judge_reflection(record one);

    static task<error_code> nothing();

    database& of_;
    retention_rules rules_;
    run_mode mode_;
    utc_time now_;
    record_pages pages_;
    remover reflections_;
    remover media_;
    record_id group_; ///< user and session of the reflections in `kept_`
    std::deque<record> kept_;
    retention_counts removed_;
};

/// A whole pass and all that has expired. The environment and the database outlive the task.
task<result<retention_counts>> apply_retention(environment* env, database* of, retention_rules rules,
                                               run_mode how);

} // namespace rejoinder::persistence::lifecycle
