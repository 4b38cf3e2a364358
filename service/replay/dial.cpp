#include "service/replay/replay.hpp"

#include <utility>

namespace rejoinder::service {

dialler dial_server(environment& env, std::string server) {
    return [&env, server = std::move(server)](const recorded_turn& turn) {
        websocket::client_options options;
        options.url = server + turn.path;
        options.headers.emplace_back("Authorization", "Bearer " + turn.token);
        return websocket::connect(env, std::move(options));
    };
}

} // namespace rejoinder::service
