#include "websocket/accept_loop.hpp"

#include "persistence/log.hpp"

#include <boost/asio/error.hpp>

#include <exception>
#include <utility>

namespace rejoinder::websocket {

accept_loop::accept_loop(environment& env, source accept_one)
    : environment_(env), accept_one_(std::move(accept_one)) {}

task<> accept_loop::run() {
    timer alarm(environment_);
    while (!stopped_) {
        auto why = co_await attempt();
        if (stopped_) break;
        if (why.empty()) {
            auto failures = std::exchange(failures_, 0);
            if (failures > 0) log::info("listener_resumed", {{"failures", failures}});
            continue;
        }
        if (failures_++ == 0) log::warning("listener_paused", {{"error", why}});
        alarm.arm_after(pause, [this] { resume_.notify(); });
        co_await resume_.wait();
    }
}

void accept_loop::stop() {
    stopped_ = true;
    resume_.notify();
}

/// Why it failed; empty when it did not. A peer that has hung up while it waited is no failure.
task<std::string> accept_loop::attempt() {
    try {
        auto error = co_await accept_one_();
        if (!error || error == boost::asio::error::connection_aborted) co_return std::string();
        co_return error.message();
    } catch (const std::exception& defect) {
        co_return defect.what();
    }
}

} // namespace rejoinder::websocket
