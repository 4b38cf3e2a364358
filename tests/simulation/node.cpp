#include "tests/simulation/node.hpp"

#include "websocket/plain_answer.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::tests::simulation {
namespace {

const service::credentials::access nobody_asks;

} // namespace

node::node(environment& env, network& net, std::unique_ptr<simulated_database> store,
           const service::machine_catalog& machines, const service::config& options, std::string name)
    : env_(env),
      net_(net),
      name_(std::move(name)),
      store_(std::move(store)),
      serving_(env, *store_, machines, options, nobody_asks),
      listener_(websocket::open_pipe_listener(env, options.limits.listener,
                                              [this](const auto& request) { return route(request); })) {
    serving_.begin();
    net_.put_up(name_, listener_.get());
}

websocket::routing node::route(const websocket::request& request) {
    if (!request.upgrade) return websocket::plain_answer(426, "this path speaks WebSocket");
    if (draining_) return websocket::plain_answer(503, "the server is shutting down", milliseconds(5000));
    return serving_.admit_session(request);
}

void node::crash() {
    store_->detach();
    net_.take_down(name_);
}

task<> node::drain(milliseconds grace) {
    draining_ = true;
    serving_.begin_drain(grace);
    signal look(env_.get_executor());
    timer poll(env_);
    auto until = env_.steady_now() + grace;
    while (listener_->open_connections() > 0 && env_.steady_now() < until) {
        poll.arm(std::min(until, env_.steady_now() + milliseconds(100)), [&look] { look.notify(); });
        co_await look.wait();
    }
    co_await listener_->close(websocket::close_code::drained, "the server is shutting down",
                              milliseconds(2000));
    co_await serving_.finish();
    net_.take_down(name_);
}

task<> node::wind_down() {
    serving_.begin_drain(milliseconds(0));
    co_await listener_->close(websocket::close_code::going_away, "", milliseconds(0));
    co_await serving_.finish();
}

} // namespace rejoinder::tests::simulation
