#include "service/replay/replay.hpp"

#include <utility>

namespace rejoinder::service {
namespace {

task<result<std::unique_ptr<websocket::client>>> dial(environment& env, std::string url, std::string token) {
    websocket::client_options options;
    options.url = std::move(url);
    options.headers.emplace_back("Authorization", "Bearer " + token);
    auto connecting = websocket::connect(env, std::move(options));
    co_return co_await std::move(connecting);
}

} // namespace

dialler dial_server(environment& env, std::string server) {
    return [&env, server = std::move(server)](const recorded_turn& turn) {
        return dial(env, server + turn.path, turn.token);
    };
}

} // namespace rejoinder::service
