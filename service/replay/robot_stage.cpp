#include "service/replay/robot_stage.hpp"

#include <utility>

namespace rejoinder::service {
namespace {

config for_robots(std::vector<robot_token> tokens) {
    config made;
    made.database = "memory:";
    made.robot_tokens = std::move(tokens);
    made.limits.robot_connections = 64;
    made.limits.robot_connections_per_minute = 1e9;
    return made;
}

} // namespace

robot_stage::robot_stage(environment& env, machine_catalog machines, std::vector<robot_token> tokens,
                         std::uint64_t seed)
    : env_(env, seed),
      store_({}, [this](std::string& why) { return persistence::open_database(env_, {}, why); }),
      options_(for_robots(std::move(tokens))),
      server_(env_, store_, std::move(machines), options_) {
    std::string why; // a memory database opens always, and so does a listener without a network
    (void)store_.open(why);
    auto open = [this](environment& in, const websocket::listener_options& wanted,
                       websocket::router route) -> result<std::unique_ptr<websocket::listener>> {
        auto opened = websocket::open_pipe_listener(in, wanted.limits, std::move(route));
        listener_ = opened.get();
        return opened;
    };
    (void)server_.listen(open);
}

dialler robot_stage::dial() {
    return [this](const recorded_turn& turn) {
        auto [near, far] = websocket::pipe_stream::make_pair(env_.get_executor());
        listener_->serve(std::move(far));
        websocket::client_options options;
        options.url = "ws://stage" + turn.path;
        options.headers.emplace_back("Authorization", "Bearer " + turn.token);
        return websocket::connect_pipe(env_, std::move(near), std::move(options));
    };
}

task<> robot_stage::close() {
    co_await server_.drain(milliseconds(0));
    co_await store_.close();
}

} // namespace rejoinder::service
