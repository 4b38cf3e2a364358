#pragma once

#include "websocket/connection.hpp"

#include <functional>
#include <memory>

namespace rejoinder::websocket {

/// A listener as the connections of others see it, which may move to it (`connection::move_to`). Any thread
/// may hold it. Who comes after the listener has closed, or has gone, is hung up on.
class landing {
public:
    virtual ~landing() = default;
};

/// Makes the handler of a connection that has moved, on the loop that it has moved to. What it holds may be
/// destroyed on either loop.
using handler_maker = std::function<std::unique_ptr<connection_handler>()>;

} // namespace rejoinder::websocket
