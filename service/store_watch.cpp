#include "service/store_watch.hpp"

#include "persistence/log.hpp"

#include <utility>

namespace rejoinder::service {

store_watch::store_watch(environment& env, persistence::database& database)
    : env_(env), database_(database), next_(env) {}

task<> store_watch::run() {
    while (!stopping_) {
        asked_ = env_.steady_now();
        auto found = co_await database_.read({"watch", {}, "nothing"});
        asked_.reset();
        bool well = found || found.error() == persistence::errc::not_found;
        if (std::exchange(answered_well_, well) != well && !well)
            log::error("store_unreadable", {{"why", found.error().message()}});
        if (stopping_) break;
        next_.arm_after(interval, [this] { wake_.notify(); });
        co_await wake_.wait();
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
