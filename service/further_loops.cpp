#include "service/further_loops.hpp"

#include "persistence/system_environment.hpp"

#include <algorithm>
#include <sched.h>
#include <utility>

namespace rejoinder::service {
namespace {

constexpr std::size_t most_unasked = 4;

} // namespace

further_loops::further_loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        loops_.push_back(std::make_unique<one>());
        loops_.back()->env = make_system_environment(loops_.back()->context);
    }
}

further_loops::~further_loops() {
    join();
}

void further_loops::start(const std::function<void(std::exception_ptr)>& on_failure) {
    for (auto& each : loops_) {
        each->thread = std::thread([context = &each->context, on_failure] {
            try {
                context->run();
            } catch (...) {
                on_failure(std::current_exception());
            }
        });
    }
}

void further_loops::join() {
    for (auto& each : loops_)
        each->work.reset();
    for (auto& each : loops_)
        if (each->thread.joinable()) each->thread.join();
}

std::size_t count_loops(std::size_t wanted, std::size_t processors, store_shares how) noexcept {
    if (wanted != 0) return wanted;
    if (how == store_shares::one_loop) return 1;
    return std::clamp<std::size_t>(processors, 2, most_unasked + 1) - 1;
}

std::size_t usable_processors() noexcept {
    cpu_set_t usable;
    CPU_ZERO(&usable);
    if (sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
    return static_cast<std::size_t>(std::max(CPU_COUNT(&usable), 1));
}

} // namespace rejoinder::service
