#include "tests/simulation/node.hpp"

#include "service/admin/store_calls.hpp"

#include <stdexcept>
#include <utility>

namespace rejoinder::tests::simulation {

node::node(environment& env, network& net, store_opener open, const service::machine_catalog& machines,
           const service::config& options, std::string name, service::responder* answers)
    : net_(net),
      name_(std::move(name)),
      open_(std::move(open)),
      store_({}, [this](std::string& why) { return this->open(why); }),
      server_(env, store_, machines, options, {}, nullptr, answers) {
    std::string why;
    if (!store_.open(why)) throw std::logic_error(name_ + " can't begin: " + why);
    websocket::pipe_listener* pipes = nullptr;
    auto open_pipes = [&pipes](environment& of, const websocket::listener_options& wanted,
                               websocket::router route) -> result<std::unique_ptr<websocket::listener>> {
        auto opened = websocket::open_pipe_listener(of, wanted.limits, std::move(route));
        pipes = opened.get();
        return opened;
    };
    if (!server_.listen(open_pipes)) throw std::logic_error(name_ + " does not listen");
    net_.put_up(name_, pipes);
}

result<std::unique_ptr<persistence::database>> node::open(std::string& why) {
    auto opened = crashed_ ? nullptr : open_();
    if (opened) return opened;
    why = "the store does not answer";
    return persistence::errc::unavailable;
}

service::admin::serving_place node::for_commands() {
    auto place = server_.for_commands();
    place.url = "ws://simulated" + std::string(service::admin::store_path);
    return place;
}

void node::crash() {
    crashed_ = true;
    if (has_store()) static_cast<simulated_database&>(*store_.now()).detach();
    net_.take_down(name_);
}

task<> node::drain(milliseconds grace) {
    co_await server_.drain(grace);
    net_.take_down(name_);
}

} // namespace rejoinder::tests::simulation
