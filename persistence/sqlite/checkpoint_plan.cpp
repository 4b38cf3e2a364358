#include "persistence/sqlite/checkpoint_plan.hpp"

namespace rejoinder::persistence::sqlite {

void checkpoint_plan::stands(const wal_position& log) noexcept {
    if (log == log_) return;
    if (log.generation != log_.generation) done_ = began_at_ = finished_at_ = 0;
    log_ = log;
    has_grown_ = true;
}

/// A log of which nobody needs anything begins anew by itself.
checkpoint_plan::step checkpoint_plan::next() const noexcept {
    int rest = log_.pages - done_;
    if (rest <= 0) return step::nothing;
    if (log_.pages >= bounds_.most && may_finish()) return step::finish;
    if (under_way_ || !has_grown_) return step::nothing;
    bool is_long = log_.pages >= bounds_.long_log;
    if (is_long && rest <= bounds_.rest && may_finish()) return step::finish;
    bool is_due = log_.pages - began_at_ >= (is_long ? bounds_.rest : bounds_.pass);
    return is_due ? step::pass : step::nothing;
}

/// What a reader keeps the writer from is not tried after each commit. Where all was worked in, and a reader
/// has only kept the log from beginning anew, there is little to be done for the next try.
bool checkpoint_plan::may_finish() const noexcept {
    return finished_at_ == 0 || log_.pages - finished_at_ >= (finished_all_ ? bounds_.rest : bounds_.pass);
}

void checkpoint_plan::pass_began() noexcept {
    under_way_ = true;
    began_at_ = log_.pages;
    pass_generation_ = log_.generation;
}

bool checkpoint_plan::pass_ended(int done) noexcept {
    return ended(pass_generation_, done);
}

void checkpoint_plan::pass_failed() noexcept {
    ended(pass_generation_, done_);
}

void checkpoint_plan::finish_began() noexcept {
    finished_at_ = log_.pages;
    finished_all_ = false;
}

bool checkpoint_plan::finish_ended(int done) noexcept {
    finished_all_ = done >= log_.pages;
    return ended(log_.generation, done);
}

/// What is known of an earlier generation says nothing of this one.
bool checkpoint_plan::ended(std::uint64_t generation, int done) noexcept {
    under_way_ = false;
    has_grown_ = false;
    if (generation != log_.generation || done <= done_) return false;
    done_ = done;
    return true;
}

} // namespace rejoinder::persistence::sqlite
