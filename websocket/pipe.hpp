#pragma once

#include "websocket/client.hpp"
#include "websocket/listener.hpp"
#include "websocket/pipe_stream.hpp"

#include <memory>
#include <string>

namespace rejoinder::websocket {

/// A listener without a network: whoever holds it brings the connections. Everything else is as with sockets,
/// the opening handshake included, but in the environment's time, which may be virtual.
class pipe_listener : public listener {
public:
    /// Serves one end of a pipe as a connection from the address; "127.0.0.1" and "::1" count as loopback.
    virtual void serve(pipe_stream end, std::string peer_address = "127.0.0.1") = 0;
};

/// Its `port` is zero.
std::unique_ptr<pipe_listener> open_pipe_listener(environment& env, const listener_limits& limits,
                                                  router route, trusted_proxies proxies = {});

/// The client's side over a pipe: as `connect`, with the host of the URL in the request only.
task<result<std::unique_ptr<client>>> connect_pipe(environment& env, pipe_stream end, client_options options,
                                                   unsigned* http_status = nullptr);

} // namespace rejoinder::websocket
