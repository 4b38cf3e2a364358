#pragma once

#include "persistence/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rejoinder::websocket {

/// The parts of a WebSocket URL (RFC 6455, section 3) that a connection needs.
struct url {
    std::string host; ///< a name or an address; of an IPv6 address without the brackets
    std::uint16_t port = 80;
    std::string target = "/"; ///< path and query

    /// As the `Host` header says it.
    std::string authority() const;
};

/// Parses ws://HOST[:PORT][/PATH]; anything else, `wss:` included, is `errc::bad_url`.
result<url> parse_url(std::string_view text);

} // namespace rejoinder::websocket
