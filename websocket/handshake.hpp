#pragma once

#include "websocket/listener.hpp"

#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rejoinder::websocket {

/// The head of an HTTP request as a parser found it. Views, valid as long as the parser's buffer.
struct request_head {
    std::string_view method;
    std::string_view target;
    unsigned version = 11; ///< 10 or 11
    std::vector<std::pair<std::string_view, std::string_view>> fields;
};

/// Either what the router needs to know, or the answer to a request that must not reach it: what RFC 9112
/// calls ambiguous, and an opening handshake that RFC 6455 section 4.2.1 does not allow (400, 405, 426). The
/// address of the peer is left to the caller. Pure.
std::variant<request, http_response> check_request(const request_head& head, std::size_t max_fields);

} // namespace rejoinder::websocket
