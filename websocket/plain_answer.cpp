#include "websocket/plain_answer.hpp"

#include <chrono>
#include <string>

namespace rejoinder::websocket {

http_response plain_answer(unsigned status, std::string_view sentence) {
    http_response answer;
    answer.status = status;
    answer.body = sentence;
    answer.body += '\n';
    if (status == 401) {
        answer.headers.emplace_back("WWW-Authenticate", "Bearer");
    } else if (status == 405) {
        answer.headers.emplace_back("Allow", "GET");
    } else if (status == 426) {
        answer.headers.emplace_back("Upgrade", "websocket");
        answer.headers.emplace_back("Sec-WebSocket-Version", "13");
    }
    return answer;
}

http_response plain_answer(unsigned status, std::string_view sentence, milliseconds wait) {
    auto answer = plain_answer(status, sentence);
    auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
    answer.headers.emplace_back("Retry-After", std::to_string(seconds.count()));
    return answer;
}

} // namespace rejoinder::websocket
