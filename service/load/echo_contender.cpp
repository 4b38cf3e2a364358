#include "service/load/echo_contender.hpp"

#include <utility>

namespace rejoinder::service::load {

echo_contender::echo_contender(environment& env, std::string url, std::string text)
    : env_(env), url_(std::move(url)), text_(std::move(text)) {}

task<trouble> echo_contender::begin() {
    websocket::client_options options;
    options.url = url_;
    options.deadline = patience;
    options.limits.messages_per_second = 1e9;
    options.limits.message_burst = 1e9;
    unsigned status = 0;
    auto connected = co_await websocket::connect(env_, std::move(options), &status);
    if (status == 404) co_return "the server has no echo; start it with --echo";
    if (!connected) co_return connected.error().message();
    client_ = std::move(*connected);
    co_return "";
}

task<trouble> echo_contender::step() {
    client_->send(text_);
    auto answer = co_await client_->receive(patience);
    co_return answer ? "" : "the echo does not answer";
}

task<> echo_contender::end() {
    if (client_) co_await client_->close();
}

} // namespace rejoinder::service::load
