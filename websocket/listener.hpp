#pragma once

#include "persistence/result.hpp"
#include "websocket/connection.hpp"
#include "websocket/moving.hpp"
#include "websocket/proxies.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rejoinder::websocket {

/// A request as it came, after RFC 6455 section 4.2.1 was checked when it asks for an upgrade. Header values
/// are limited to the ones that routing needs.
struct request {
    std::string method;
    std::string path; ///< without the query
    std::string host;
    std::optional<std::string> authorization;
    std::optional<std::string> origin;
    std::vector<std::string> subprotocols; ///< in the client's order of preference
    forwarded_for forwarded;               ///< as it came; anybody may have written it
    std::string peer_address;              ///< without the port; of the client where a trusted proxy named it
    bool loopback = false;
    bool upgrade = false;
};

/// Upgrade: this handler, these limits, this subprotocol (none: empty).
struct accept_upgrade {
    std::unique_ptr<connection_handler> handler;
    connection_limits limits;
    std::string subprotocol;
    bool outlasts_guests = false; ///< stays open in `turn_out`
};

/// Answer with HTTP and close.
struct http_response {
    unsigned status = 200;
    std::string body;
    std::string content_type = "text/plain; charset=utf-8";
    std::vector<std::pair<std::string, std::string>> headers{}; ///< such as Retry-After
};

using decided = std::variant<accept_upgrade, http_response>;

/// One of both, once something was waited for; until then the request's deadline runs on.
struct later {
    task<decided> decision;
};

using routing = std::variant<accept_upgrade, http_response, later>;

/// Decides what happens with a request. Called on the listener's thread; must not block.
using router = std::function<routing(const request&)>;

/// Bounds of a listener. Sockets above the first two are answered as they are accepted, without reading their
/// request; 64 at a time, for 5 s at most, any more are closed without a word.
struct listener_limits {
    std::size_t connections = 10000;          ///< in all; beyond: 503 with Retry-After
    std::size_t connections_per_address = 20; ///< or IPv6 network (/64); beyond: 429 with Retry-After
    bool bounds_loopback = false;             ///< the address of this machine has bounds like any other
    milliseconds handshake_deadline{5000};    ///< from accept to the end of the request; beyond: dropped
    std::size_t header_bytes = 16384;         ///< beyond: 431
    std::size_t header_fields = 64;           ///< beyond: 431
};

/// Whether a port is one listener's, or that of several on loops of their own, among which the system deals
/// out those who come. Another process can't have it in either case, but one of the same user who is let in
/// later.
enum class port_use {
    alone,
    first, ///< of several; no listener has the port yet
    shared ///< with the first
};

class admission;

/// What listeners that share a port count together.
std::shared_ptr<admission> make_admission(const listener_limits& limits);

struct listener_options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0; ///< 0: a free one
    listener_limits limits;
    port_use port_is = port_use::alone;
    std::shared_ptr<admission> counts{}; ///< nothing: it counts for itself
    trusted_proxies proxies;             ///< have no bound of their own: those have whom they speak for
};

/// Accepts sockets on one address and gives each a connection that reads, writes and enforces the limits.
/// Owned by the service; lives on the environment's thread.
class listener {
public:
    virtual ~listener() = default;

    virtual std::uint16_t port() const noexcept = 0;
    /// Sockets that are open, those in their handshake included; of all listeners that count together. Any
    /// thread.
    virtual std::size_t open_connections() const noexcept = 0;

    /// For connections of other listeners that move here.
    virtual std::shared_ptr<landing> as_landing() noexcept = 0;

    /// No new socket is accepted any more; those open stay.
    virtual void stop_accepting() = 0;

    /// WebSockets that do not outlast the others, those in their handshake included. Any thread.
    virtual std::size_t guests() const noexcept = 0;

    /// Bytes that wait to be written to guests: to all of them, and to the one who reads slowest.
    struct backlog {
        std::size_t bytes = 0;
        std::size_t most = 0;
    };
    virtual backlog waiting() const = 0;

    /// Gives up the guest for whom the most bytes wait, as a slow consumer; nobody where none wait.
    virtual void give_up_slowest(std::string_view why) = 0;

    /// Closes the guests with the code and waits until the handlers of all are gone (those that do not answer
    /// are dropped after `grace`); accepting goes on, and what comes in meanwhile is for the router to
    /// refuse.
    virtual task<> turn_out(close_code code, std::string_view reason, milliseconds grace) = 0;

    /// Closes every connection with the code, waits until all are gone (those that do not answer are dropped
    /// after `grace`), and ends. Called once, before the destructor.
    virtual task<> close(close_code code, std::string_view reason, milliseconds grace) = 0;
};

/// Binds and begins to accept. The error says which address could not be had, and is the system's own.
result<std::unique_ptr<listener>> open_listener(environment& env, listener_options options, router route);

/// How a listener is opened: as above, or over something else than sockets.
using listener_opener = std::function<decltype(open_listener)>;

} // namespace rejoinder::websocket
