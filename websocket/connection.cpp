#include "websocket/connection.hpp"

namespace rejoinder::websocket {

std::shared_ptr<const connection_limits> shared(const connection_limits& limits) {
    thread_local std::weak_ptr<const connection_limits> latest;
    auto held = latest.lock();
    if (held && *held == limits) return held;
    held = std::make_shared<const connection_limits>(limits);
    latest = held;
    return held;
}

} // namespace rejoinder::websocket
