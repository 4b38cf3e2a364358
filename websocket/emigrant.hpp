#pragma once

// Private to transport.cpp: sees Beast. What a connection takes along when it goes to another loop
// (`connection::move_to`).

#include "websocket/connection.hpp"
#include "websocket/flood_guard.hpp"
#include "websocket/frame_walk.hpp"
#include "websocket/moving.hpp"
#include "websocket/observed_stream.hpp"
#include "websocket/streams.hpp"
#include "websocket/token_bucket.hpp"

#include <boost/beast/websocket/stream.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace rejoinder::websocket {

/// Beast's WebSocket over one of the streams that there are, without compression.
template <class Stream>
using websocket_stream = boost::beast::websocket::stream<observed_stream<Stream>, false>;

/// What has left one loop and is to arrive on another: Beast's stream with what it has read ahead, its
/// socket apart, and where the peer is with its frames and its rates.
template <class Stream>
struct emigrant {
    websocket_stream<Stream> socket;
    decltype(let_go(std::declval<Stream&>())) loose;
    std::uint64_t number;
    connection_limits limits;
    frame_walk walk;
    flood_guard flood;
    token_bucket control_frames;
    std::string unheard; ///< the message that made it go
};

/// Where a connection goes, and who hears it there.
struct destination {
    std::shared_ptr<landing> there;
    handler_maker make;
};

template <class Stream>
struct departure {
    emigrant<Stream> who;
    destination to;
};

} // namespace rejoinder::websocket
