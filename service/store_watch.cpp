#include "service/store_watch.hpp"

#include "persistence/log.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace rejoinder::service {

store_watch::store_watch(environment& env, persistence::database& database)
    : env_(env), database_(database), next_(env), wake_(env.get_executor()) {}

task<> store_watch::run() {
    for (int looks = 1; !stopping_; ++looks) {
        asked_ = env_.steady_now();
        auto found = co_await database_.read({"watch", {}, "nothing"});
        asked_.reset();
        bool well = found || found.error() == persistence::errc::not_found;
        if (std::exchange(answered_well_, well) != well && !well)
            log::error("store_unreadable", {{"why", found.error().message()}});
        if (looks % looks_between_purges == 0) co_await purge_expired();
        if (stopping_) break;
        next_.arm_after(interval, [this] { wake_.notify(); });
        co_await wake_.wait();
    }
}

/// What fails is left to the next time.
task<> store_watch::purge_expired() {
    auto most = std::uint64_t(purged_at_once);
    while (!stopping_ && most == purged_at_once) {
        auto gone = co_await database_.purge(env_.utc_now(), purged_at_once);
        if (!gone) co_return;
        most = std::max(gone->records, gone->sessions);
        if (most > 0)
            log::info("expired_removed", {{"sessions", gone->sessions}, {"records", gone->records}});
    }
}

void store_watch::stop() {
    stopping_ = true;
    next_.disarm();
    wake_.notify();
}

bool store_watch::readable() const {
    bool overdue = asked_ && env_.steady_now() - *asked_ > interval;
    return answered_well_ && !overdue;
}

} // namespace rejoinder::service
