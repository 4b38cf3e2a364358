#include "service/replay/replay.hpp"

#include <utility>

namespace rejoinder::service {

dialler dial_server(environment& env, std::string server, secret token) {
    return [&env, server = std::move(server), token = std::move(token)](const recorded_turn& turn) {
        websocket::client_options options;
        options.url = server + turn.path;
        auto shown = token.empty() ? turn.token : std::string(token.bytes());
        options.headers.emplace_back("Authorization", "Bearer " + shown);
        return websocket::connect(env, std::move(options));
    };
}

} // namespace rejoinder::service
