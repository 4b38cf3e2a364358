#pragma once

#include "service/credentials/opaque_tokens.hpp"
#include "tests/service/credentials/token_office.hpp"
#include "tests/service/talk.hpp"

#include <memory>
#include <optional>
#include <string>

namespace rejoinder::tests {

/// A house that asks for tokens which it has issued.
struct guarded_house : house {
    token_office office{env, database};
    service::credentials::opaque_tokens verifier{env, database};

    static json with(json frame, const std::string& token) {
        frame["token"] = token;
        return frame;
    }
    json attach_with(fake_socket& socket, const std::string& token, const std::string& device = "d-1") {
        return attach(socket, with(hello(device), token));
    }
    std::unique_ptr<fake_socket> knock() { return connect_to(verifier); }

    /// What a hello with this token is answered with.
    std::optional<websocket::close_code> close_for(const std::string& token,
                                                   const std::string& device = "d-1") {
        auto socket = knock();
        socket->say(with(hello(device), token));
        env.run_ready();
        return socket->closed_by_server();
    }
    void renew(fake_socket& socket, const std::string& token) {
        socket.say({{"type", "token"}, {"token", token}});
        env.run_ready();
    }
};

/// Lives through the time in steps, as a client does that shows signs of life.
inline void pass(guarded_house& h, fake_socket& socket, seconds time) {
    for (seconds gone(0); gone < time; gone += seconds(1)) {
        h.env.advance(seconds(1));
        if (!socket.closed_by_server()) socket.say({{"type", "pong"}});
    }
}

} // namespace rejoinder::tests
