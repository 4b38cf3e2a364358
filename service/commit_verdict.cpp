#include "service/commit_verdict.hpp"

namespace rejoinder::service {

using persistence::errc;

commit_verdict judge(const persistence::commit_outcome& outcome, std::size_t writes,
                     session_standing session) noexcept {
    if (outcome.committed()) return commit_verdict::committed;
    if (session == session_standing::unborn) return commit_verdict::abandon;
    if (outcome.error == errc::conflict && outcome.conflicting_write < writes) return commit_verdict::retry;
    if (outcome.error == errc::duplicate_turn) return commit_verdict::recorded;
    if (outcome.error == errc::unavailable || outcome.error == errc::too_large) return commit_verdict::keep;
    return commit_verdict::abandon;
}

} // namespace rejoinder::service
