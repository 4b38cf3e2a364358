#pragma once

#include "persistence/lifecycle/retention.hpp"
#include "persistence/mailbox.hpp"
#include "service/all_sessions.hpp"
#include "service/housekeeping_rules.hpp"

namespace rejoinder::service {

/// Removes from the store of a running server, now and then and in small steps, what is not kept any longer:
/// old reflections, deleted media, expired records and sessions.
///
/// A live session is never removed under its activation. Its row says when it expires and is written only
/// when something happens, so sessions whose clients are attached renew theirs first; and while one that
/// lives here is stored as expired all the same, because its commits fail for example, no session is removed.
///
/// Lives on the environment's thread; `run` ends after `stop`. What it uses outlives it.
class housekeeping {
public:
    housekeeping(environment& env, persistence::database& store, all_sessions sessions,
                 const housekeeping_rules& rules);

    task<> run();
    void stop();

    std::uint64_t rounds() const noexcept { return rounds_; } ///< completed

private:
    task<error_code> make_round();
    task<error_code> purge(persistence::lifecycle::retention_pass* pass, utc_time expired_before);
    task<> wait(milliseconds duration);

    environment& env_;
    persistence::database& store_;
    all_sessions sessions_;
    const housekeeping_rules& rules_;
    timer alarm_;
    signal wake_;
    bool stopping_ = false;
    std::uint64_t rounds_ = 0;
};

} // namespace rejoinder::service
