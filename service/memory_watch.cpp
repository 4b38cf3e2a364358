#include "service/memory_watch.hpp"

#include "persistence/log.hpp"

#include <utility>

namespace rejoinder::service {

memory_step::change memory_step::look(std::uint64_t used, std::uint64_t bound) noexcept {
    bool was_on = on_;
    on_ = used >= bound / 100 * (was_on ? end_ : begin_);
    if (on_ == was_on) return change::none;
    return on_ ? change::begins : change::ends;
}

memory_watch::memory_watch(environment& env, all_sessions sessions, const settings& limits,
                           process_memory memory, relief give_up_slowest)
    : sessions_(std::move(sessions)),
      memory_(std::move(memory)),
      give_up_slowest_(std::move(give_up_slowest)),
      bound_(static_cast<std::uint64_t>(limits.memory_mb) << 20),
      next_(env) {}

task<> memory_watch::run() {
    while (bound_ != 0 && !stopping_) {
        auto looking = look();
        co_await std::move(looking);
        if (stopping_) break;
        next_.arm_after(closing_.on() ? short_interval : interval, [this] { wake_.notify(); });
        co_await wake_.wait();
    }
}

void memory_watch::stop() {
    stopping_ = true;
    next_.disarm();
    wake_.notify();
}

task<> memory_watch::look() {
    auto used = memory_.resident();
    if (!used) {
        if (!std::exchange(told_of_silence_, true)) log::warning("memory_not_known", {});
        co_return;
    }
    auto leaving = idle_leave_.look(*used, bound_);
    auto refusing = refusing_.look(*used, bound_);
    auto closing = closing_.look(*used, bound_);
    note(leaving, "memory_short", "memory_short_no_more", *used);
    note(refusing, "memory_refuses_new", "memory_welcomes_new", *used);
    note(closing, "memory_closes_slow", "memory_closes_no_more", *used);
    if (refusing == memory_step::change::begins) {
        auto telling = sessions_.refuse_new();
        co_await std::move(telling);
    }
    if (refusing == memory_step::change::ends) {
        auto telling = sessions_.welcome_new();
        co_await std::move(telling);
    }
    if (closing_.on()) {
        auto giving_up = give_up_slowest_("the server is short of memory; connect again and read faster");
        co_await std::move(giving_up);
    }
    if (!idle_leave_.on()) co_return;
    auto leaving_now = sessions_.let_idle_leave();
    co_await std::move(leaving_now);
    memory_.give_back();
}

void memory_watch::note(memory_step::change change, const char* begins, const char* ends,
                        std::uint64_t used) const {
    if (change == memory_step::change::begins)
        log::warning(begins, {{"resident_mb", used >> 20}, {"bound_mb", bound_ >> 20}});
    if (change == memory_step::change::ends)
        log::info(ends, {{"resident_mb", used >> 20}, {"bound_mb", bound_ >> 20}});
}

} // namespace rejoinder::service
