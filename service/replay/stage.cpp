#include "service/replay/stage.hpp"

#include <utility>

namespace rejoinder::service {
namespace {

config hurried() {
    static constexpr double any_rate = 1e9;
    config made;
    made.listen = "127.0.0.1:0";
    made.database = "memory:";
    made.limits.attach_attempts_per_minute = any_rate;
    made.limits.attach_attempts_burst = any_rate;
    made.limits.takeovers = 1'000'000;
    made.limits.connection.messages_per_second = any_rate;
    made.limits.connection.message_burst = any_rate;
    return made;
}

} // namespace

stage::stage(environment& env, const statemachine::definition& machine, std::uint64_t seed)
    : env_(env, seed),
      store_({}, [this](std::string& why) { return persistence::open_database(env_, {}, why); }),
      options_(hurried()) {
    machine_catalog machines;
    machines.add(machine);
    std::string why; // a memory database opens always
    (void)store_.open(why);
    server_ = std::make_unique<server>(env_, store_, std::move(machines), options_);
}

result<std::unique_ptr<stage>> stage::open(environment& env, const statemachine::definition& machine,
                                           std::uint64_t seed) {
    std::unique_ptr<stage> made(new stage(env, machine, seed));
    if (auto listening = made->server_->listen(); !listening) return listening.error();
    return made;
}

task<> stage::close() {
    co_await server_->drain(milliseconds(0));
    co_await store_.close();
}

} // namespace rejoinder::service
