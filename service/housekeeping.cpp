#include "service/housekeeping.hpp"

#include "persistence/log.hpp"

#include <utility>

namespace rejoinder::service {

namespace lifecycle = persistence::lifecycle;

namespace {

/// Rounds by which a session is renewed before it would expire: one may fail, the next one is in time.
constexpr int rounds_ahead = 2;

} // namespace

housekeeping::housekeeping(environment& env, persistence::database& store, all_sessions sessions,
                           const housekeeping_rules& rules)
    : env_(env), store_(store), sessions_(std::move(sessions)), rules_(rules), alarm_(env) {}

void housekeeping::stop() {
    stopping_ = true;
    alarm_.disarm();
    wake_.notify();
}

task<> housekeeping::run() {
    if (rules_.interval.count() == 0) co_return;
    for (;;) {
        co_await wait(rules_.interval);
        if (stopping_) co_return;
        auto round = make_round();
        auto error = co_await std::move(round);
        if (error) log::warning("housekeeping_failed", {{"why", error.message()}});
        ++rounds_;
    }
}

task<error_code> housekeeping::make_round() {
    auto now = env_.utc_now();
    auto renewing = sessions_.renew_expiring(now + rounds_ahead * rules_.interval);
    co_await std::move(renewing);
    lifecycle::retention_pass pass(env_, store_, rules_.retention, lifecycle::run_mode::real);
    for (auto state = lifecycle::retention_state::under_way; state != lifecycle::retention_state::over;) {
        auto stepping = pass.step();
        auto stepped = co_await std::move(stepping);
        if (!stepped) co_return stepped.error();
        state = *stepped;
        co_await wait(rules_.pause);
        if (stopping_) co_return error_code();
    }
    auto purging = purge(&pass, now);
    if (auto error = co_await std::move(purging)) co_return error;
    const auto& removed = pass.removed();
    if (removed.sum() > 0)
        log::info("housekeeping", {{"reflections", removed.reflections},
                                   {"media", removed.media},
                                   {"expired_records", removed.expired_records},
                                   {"expired_sessions", removed.expired_sessions}});
    co_return error_code();
}

task<error_code> housekeeping::purge(lifecycle::retention_pass* pass, utc_time expired_before) {
    for (auto state = lifecycle::retention_state::under_way; state != lifecycle::retention_state::over;) {
        auto looking = sessions_.has_expiring(expired_before);
        if (co_await std::move(looking)) {
            log::warning("purge_put_off", {{"why", "a session that lives here is stored as expired"}});
            co_return error_code();
        }
        auto purging = pass->purge(expired_before);
        auto purged = co_await std::move(purging);
        if (!purged) co_return purged.error();
        state = *purged;
        co_await wait(rules_.pause);
        if (stopping_) co_return error_code();
    }
    co_return error_code();
}

task<> housekeeping::wait(milliseconds duration) {
    if (stopping_ || duration.count() == 0) co_return;
    alarm_.arm_after(duration, [this] { wake_.notify(); });
    co_await wake_.wait();
}

} // namespace rejoinder::service
