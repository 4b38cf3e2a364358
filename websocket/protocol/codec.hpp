#pragma once

#include "websocket/protocol/frames.hpp"

#include <string>
#include <string_view>
#include <variant>

/// Text to frame and frame to text, for the server. Pure; the only file that knows the frames' spelling, so
/// that a faster one can take its place without anybody noticing.
namespace rejoinder::websocket::protocol {

/// Decodes one message of a client. Bounds: JSON depth 32, 256 members of an object, ids of 64 characters.
std::variant<client_frame, frame_error> decode(std::string_view text);

std::string encode(const welcome& frame);
std::string encode(const snapshot& frame);
std::string encode(const event& frame, delivery how);
std::string encode(const accepted& frame);
std::string encode(const rejected& frame);
std::string encode(const error& frame);
std::string encode(const part& frame);
std::string encode(const taken& frame);
std::string encode(const drain& frame);
std::string encode(const bye& frame);
std::string encode_ping(utc_time at);
std::string encode_pong(std::int64_t at_of_ping);

live_events encode(const std::vector<event>& events);

/// Events as a session's log stores them, a JSON array, and back; nothing when the text is no such array.
std::string store_events(const std::vector<event>& events);
/// The same array of events that were encoded: they are not written again.
std::string store_encoded(const live_events& events);
std::optional<std::vector<event>> restore_events(std::string_view text);

} // namespace rejoinder::websocket::protocol
