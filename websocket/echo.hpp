#pragma once

#include "websocket/connection.hpp"

#include <memory>

namespace rejoinder::websocket {

/// Sends every message back as it came, text as text and binary as binary: the measure of the transport
/// alone.
std::unique_ptr<connection_handler> make_echo();

/// Limits for an echo: messages of up to 16 MiB, both kinds, at any rate.
connection_limits echo_limits() noexcept;

} // namespace rejoinder::websocket
