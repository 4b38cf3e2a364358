#pragma once

#include "persistence/mailbox.hpp"
#include "persistence/result.hpp"
#include "websocket/connection.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rejoinder::websocket {

struct client_options {
    std::string url;         ///< ws://HOST:PORT/PATH; HOST is a name or an address
    std::string subprotocol; ///< none: empty
    std::vector<std::pair<std::string, std::string>> headers;
    connection_limits
        limits; ///< sizes and deadlines only: what a server sends is never thrown away for its rate
    milliseconds deadline{5000}; ///< to the end of the handshake
};

/// The client's side of a WebSocket for code that talks in turns (tools, tests): what arrives waits in a
/// mailbox of 65,536 messages or 64 MiB, beyond which the connection is closed with 1008; a message above
/// `limits.message` closes it with 1009. Close or cut it before it is destroyed: one that is destroyed while
/// open is cut, and its event loop must go on until it has ended.
class client {
public:
    virtual ~client() = default;

    /// Messages in order, binary ones too when `limits.text_only` is false; nothing once the connection is
    /// closed and all were received, or after `patience`. Which of the two it was, `closed_with` tells.
    virtual task<std::optional<std::string>> receive(milliseconds patience) = 0;

    virtual void send(std::string text) = 0;
    virtual void send_binary(std::string bytes) = 0;

    /// Closes cleanly and waits for the end, 2 s at most.
    virtual task<> close(close_code code = close_code::normal) = 0;

    /// Cuts the connection as a lost network would: no close frame.
    virtual task<> cut() = 0;

    /// Set once the connection is over.
    virtual const std::optional<closed>& closed_with() const noexcept = 0;
};

/// Connects and upgrades. An HTTP refusal is an error of this room (`errc::refused`) and `http_status` tells
/// which.
task<result<std::unique_ptr<client>>> connect(environment& env, client_options options,
                                              unsigned* http_status = nullptr);

} // namespace rejoinder::websocket
