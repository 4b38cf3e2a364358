#pragma once

// Private to transport.cpp: sees Beast. How long a connection goes on ending, and what its failures are
// called.

#include "websocket/connection.hpp"

#include <boost/beast/core/error.hpp>
#include <boost/beast/websocket/error.hpp>

#include <cstddef>
#include <cstdint>

namespace rejoinder::websocket {

/// Time for the peer to answer a close frame, and to hang up after both have sent one.
inline constexpr milliseconds close_patience{2000};

/// Of a peer that still sends when it is told that its connection has failed, so much is read and thrown
/// away, for `close_patience` at most: a socket that is closed with unread bytes is reset, and the close
/// frame is lost with it (RFC 6455, section 7.1.1; RFC 9112, section 9.6).
inline constexpr std::size_t lingering_bytes = 8 << 20;

/// The code of the close frame that Beast sends when it fails a connection with the error; zero when it sends
/// none.
inline std::uint16_t failure_code(const boost::beast::error_code& error) noexcept {
    if (error == boost::beast::websocket::error::message_too_big)
        return static_cast<std::uint16_t>(close_code::too_big);
    if (error == boost::beast::websocket::error::bad_frame_payload)
        return static_cast<std::uint16_t>(close_code::bad_payload);
    if (error == boost::beast::websocket::condition::protocol_violation)
        return static_cast<std::uint16_t>(close_code::protocol_error);
    return 0;
}

} // namespace rejoinder::websocket
