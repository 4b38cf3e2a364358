#pragma once

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace rejoinder::websocket {

/// What talking to a peer may end with.
enum class errc {
    bad_url = 1,  ///< not ws://HOST[:PORT][/PATH]
    unresolved,   ///< the host has no address
    unreachable,  ///< nobody answers at the address
    refused,      ///< the peer answered with HTTP instead of upgrading
    timed_out,    ///< the peer did not answer in time
    not_websocket ///< the peer's answer is no WebSocket handshake
};

const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

} // namespace rejoinder::websocket

template <>
struct boost::system::is_error_code_enum<rejoinder::websocket::errc> : std::true_type {};
