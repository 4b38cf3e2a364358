#pragma once

#include "websocket/listener.hpp"

#include <string_view>

namespace rejoinder::websocket {

/// One sentence as the answer to a request, with the headers that its status calls for (RFC 9110, section
/// 15): 401 says how to name oneself, 405 which method there is, 426 which protocol.
http_response plain_answer(unsigned status, std::string_view sentence);

/// The same for somebody who may come back after `wait` (Retry-After, in seconds, rounded up).
http_response plain_answer(unsigned status, std::string_view sentence, milliseconds wait);

} // namespace rejoinder::websocket
