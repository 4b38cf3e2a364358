#include "service/timer_watch.hpp"

#include "persistence/log.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

using persistence::due_session;

namespace {

constexpr milliseconds second(1000);

} // namespace

timer_watch::timer_watch(environment& env, persistence::database& store, all_sessions sessions,
                         const settings& limits)
    : env_(env), store_(store), sessions_(std::move(sessions)), limits_(limits), index_(store), alarm_(env) {}

void timer_watch::stop() {
    stopping_ = true;
    alarm_.disarm();
    wake_.notify();
}

void timer_watch::expect(utc_time due) {
    if (due < next_look_) rest_until(due);
}

task<> timer_watch::run() {
    while (!stopping_) {
        auto now = env_.utc_now();
        next_look_ = now + longest_sleep;
        auto looking = wake_due();
        auto next = co_await std::move(looking);
        if (!next) log::warning("timers_not_looked_for", {{"why", next.error().message()}});
        if (stopping_) co_return;
        // What was expected meanwhile may be earlier than what the look has found.
        rest_until(next ? std::min(next_look_, *next) : next_look_);
        co_await wake_.wait();
    }
}

void timer_watch::rest_until(utc_time due) {
    next_look_ = due;
    auto pause = std::clamp(due - env_.utc_now(), milliseconds(1), longest_sleep);
    alarm_.arm_after(pause, [this] { wake_.notify(); });
}

/// Gives the moment from which on there is something to do again.
task<result<utc_time>> timer_watch::wake_due() {
    constexpr std::size_t at_a_time = 100;
    if (looked_after_.empty()) still_due_.clear();
    for (;;) {
        auto listing = index_.list(looked_after_, at_a_time);
        auto some = co_await std::move(listing);
        if (!some) co_return some.error();
        for (auto& one : some->records) {
            if (one.value.due > env_.utc_now()) co_return look_again_by(one.value.due);
            auto key = one.value.key();
            auto asking = sessions_.is_live(session_id{one.value.session});
            if (co_await std::move(asking)) { // it does so itself
                looked_after_ = std::move(key);
                continue;
            }
            if (!has_room_in_this_second()) co_return env_.utc_now() + rest_of_second();
            auto waking = wake(std::move(one.value));
            // Those that can't be loaded, or are others', leave their place in this second.
            if (!co_await std::move(waking) && in_second_ > 0) --in_second_;
            if (stopping_) co_return env_.utc_now();
            looked_after_ = std::move(key);
        }
        if (some->next.empty()) co_return look_again_by(env_.utc_now() + longest_sleep);
        looked_after_ = std::move(some->next);
    }
}

bool timer_watch::has_room_in_this_second() {
    if (env_.steady_now() >= second_ + second) {
        second_ = env_.steady_now();
        in_second_ = 0;
    }
    if (in_second_ >= limits_.woken_per_second) return false;
    ++in_second_;
    return true;
}

milliseconds timer_watch::rest_of_second() const {
    return std::max(second_ + second - env_.steady_now(), milliseconds(1));
}

/// All that is due was looked after. Sooner, where another server's session is watched.
utc_time timer_watch::look_again_by(utc_time due) {
    looked_after_.clear();
    std::erase_if(found_due_, [this](const auto& one) { return !still_due_.contains(one.first); });
    return found_due_.empty() ? due : std::min(due, env_.utc_now() + limits_.lease);
}

task<bool> timer_watch::wake(due_session which) {
    auto asking = is_others(which);
    if (co_await std::move(asking)) co_return false;
    auto finding = sessions_.wake(session_id{which.session});
    auto found = co_await std::move(finding);
    if (found != all_sessions::waking::unknown || stopping_) co_return found == all_sessions::waking::awake;
    // The session is gone, and with it what was to be done.
    persistence::change_set changes;
    changes.now = env_.utc_now();
    changes.writes.push_back(index_.forget(session_id{which.session}, which.due));
    auto committing = store_.commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    if (!outcome.committed()) log::warning("due_session_not_forgotten", {{"why", outcome.error.message()}});
    co_return false;
}

/// Whether another server has had the session last and may fire its timer any moment. One without a lease
/// can't be asked whether it lives.
task<bool> timer_watch::is_others(due_session which) {
    auto reading = store_.read_session(session_id{which.session});
    auto row = co_await std::move(reading);
    co_return row && row->owner_node != limits_.node && !has_had_its_time(which);
}

bool timer_watch::has_had_its_time(const due_session& which) {
    auto key = which.key();
    auto now = env_.steady_now();
    auto since = found_due_.try_emplace(key, now).first->second;
    still_due_.insert(std::move(key));
    return now >= since + limits_.lease;
}

} // namespace rejoinder::service
