#include "service/serving.hpp"

#include "persistence/log_failure.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace rejoinder::service {
namespace {

void log_task_error(std::exception_ptr error) {
    log_failure("serving_task_failed", std::move(error));
}

/// What answers all loops in the database's place; nothing where it does so itself, or has but one to answer.
void add_relay(std::optional<persistence::backend::relay_database>& to, environment& env,
               persistence::database& database, std::size_t loops) {
    if (loops > 1 && !persistence::backend::serves_all_loops(database))
        to.emplace(database, env.get_executor());
}

} // namespace

serving::serving(environment& env, persistence::database& database, const machine_catalog& machines,
                 const config& options, const credentials::access& access, shared_bounds& bounds,
                 recorder* recording, std::size_t loops)
    : env_(env),
      options_(options),
      lease_(env, database, options.limits),
      house_{(add_relay(relay_, env, database, loops),
              relay_ ? static_cast<persistence::database&>(*relay_) : database),
             machines,
             options,
             access,
             bounds,
             recording},
      watch_(env, database),
      database_(database),
      tasks_(env.get_executor(), log_task_error) {}

std::unique_ptr<share> serving::make_share(share_place place) {
    if (place.where.here() == 0) place.leases = &lease_;
    auto made = std::make_unique<share>(house_, place);
    made->sessions().tell_of_timers(timer_teller(place.where.here()));
    return made;
}

/// Tells of a session's next timer when it leaves memory; on the loop of that session.
std::function<void(utc_time)> serving::timer_teller(std::size_t loop) {
    if (loop == 0) return [this](utc_time due) { expect_timer(due); };
    return [home = env_.get_executor(), to = std::weak_ptr(self_)](utc_time due) {
        boost::asio::post(home, [to, due] {
            if (auto self = to.lock()) (*self)->expect_timer(due);
        });
    };
}

void serving::expect_timer(utc_time due) {
    if (timers_) timers_->expect(due);
}

void serving::begin(const std::vector<registry*>& shares, memory_watch::relief give_up_slowest) {
    all_sessions all(shares);
    memory_.emplace(env_, all, options_.limits, system_memory(), std::move(give_up_slowest));
    housekeeping_.emplace(env_, database_, all, options_.housekeeping);
    timers_.emplace(env_, database_, all, options_.limits);
    tasks_.spawn(watch_.run());
    tasks_.spawn(memory_->run());
    tasks_.spawn(housekeeping_->run());
    tasks_.spawn(lease_.run());
    tasks_.spawn(timers_->run());
}

std::vector<metric> serving::metrics(const std::vector<share::figures>& shares) const {
    using kind = metric::kind;
    share::figures sum;
    for (const auto& one : shares) {
        sum.sessions += one.sessions;
        sum.session_bytes += one.session_bytes;
        sum.commit_wait = std::max(sum.commit_wait, one.commit_wait);
        sum.turns_refused += one.turns_refused;
    }
    auto lag = std::chrono::duration<double>(sum.commit_wait).count();
    return {{"rejoinder_sessions", kind::gauge, "Sessions in memory.", static_cast<double>(sum.sessions)},
            {"rejoinder_session_bytes", kind::gauge,
             "Estimate of what these sessions hold in memory; errs upwards.",
             static_cast<double>(sum.session_bytes)},
            {"rejoinder_resident_bytes", kind::gauge, "Resident set of the process.",
             static_cast<double>(memory_ ? memory_->resident() : 0)},
            {"rejoinder_commit_lag_seconds", kind::gauge, "What a commit of a session would wait now.", lag},
            {"rejoinder_turns_refused_total", kind::counter, "Turns rejected because commits lagged.",
             static_cast<double>(sum.turns_refused)}};
}

void serving::begin_drain() {
    if (housekeeping_) housekeeping_->stop();
    if (timers_) timers_->stop();
    // Clients that leave must find a server that takes them; what this one still commits is fenced.
    tasks_.spawn(lease_.give_up());
}

task<> serving::finish() {
    watch_.stop();
    if (memory_) memory_->stop();
    co_await tasks_.join();
}

} // namespace rejoinder::service
