#include "service/client/final_close.hpp"

#include "websocket/connection.hpp"

namespace rejoinder::service {

using websocket::close_code;

bool is_final_close(std::uint16_t code) noexcept {
    return code >= 4500 && code < 5000;
}

std::string explain_final_close(std::uint16_t code) {
    switch (static_cast<close_code>(code)) {
    case close_code::credentials_invalid:
        return "the server does not accept who this is; ask its operator for credentials";
    case close_code::protocol_violated:
        return "the server does not understand this program; use one of the server's version";
    case close_code::taken_over:
        return "the conversation was taken over by another client; go on there, or start again to have it "
               "back here";
    case close_code::not_allowed:
        return "the server does not allow this; ask its operator";
    case close_code::session_ended:
        return "the conversation has ended; start again to begin another";
    case close_code::resume_refused:
        return "the session is not this client's any more; name another with --session";
    case close_code::version_unsupported:
        return "the server speaks another version of the protocol; use a program of the server's version";
    case close_code::quarantined:
        return "the session can't go on until the server's operator has looked at it; name another with "
               "--session";
    case close_code::account_blocked:
        return "the server has blocked this account; ask its operator";
    case close_code::message_too_big:
        return "what was said is too long for the server; say it in parts";
    case close_code::attached_elsewhere:
        return "another client has the conversation and keeps it; end that one and start again";
    default:
        return "the server has closed the connection for good (code " + std::to_string(code) +
               "); ask its operator";
    }
}

} // namespace rejoinder::service
