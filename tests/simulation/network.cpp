#include "tests/simulation/network.hpp"

#include "tests/support/pass_time.hpp"
#include "websocket/error.hpp"
#include "websocket/url.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <exception>
#include <utility>

namespace rejoinder::tests::simulation {
namespace {

constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<executor>> use_result{};

void rethrow(std::exception_ptr error) {
    std::rethrow_exception(error);
}

} // namespace

network::network(environment& env, chance& luck, const weather& now, trace& log)
    : env_(env), luck_(luck), weather_(now), trace_(log), tasks_(env.get_executor(), rethrow) {}

network::~network() = default;

void network::put_up(const std::string& node, websocket::pipe_listener* listener) {
    if (listener)
        nodes_[node] = listener;
    else
        nodes_.erase(node);
}

void network::take_down(const std::string& node) {
    nodes_.erase(node);
    for (auto& one : wires_)
        if (one.node == node) cut(one);
}

service::dialer network::dialer_of(const std::string& device) {
    return [this, device](websocket::client_options options) { return dial_any(device, std::move(options)); };
}

service::admin::command_dialer network::dialer_to(const std::string& node) {
    return [this, node](websocket::client_options options, unsigned* http_status) {
        return dial_one(node, std::move(options), http_status);
    };
}

task<network::dialled> network::dial_any(std::string device, websocket::client_options options) {
    co_await pass_time(&env_, luck_.between(milliseconds(0), weather_.network_delay));
    if (nodes_.empty()) co_return websocket::errc::unreachable;
    auto place = websocket::parse_url(options.url);
    auto node = place && place->host != anywhere
                    ? nodes_.find(place->host)
                    : std::next(nodes_.begin(), static_cast<std::ptrdiff_t>(luck_.below(nodes_.size())));
    if (node == nodes_.end()) co_return websocket::errc::unreachable;
    auto connecting = connect(node, std::move(device), "10.0.0.1", std::move(options), nullptr);
    co_return co_await std::move(connecting);
}

task<network::dialled> network::dial_one(std::string node, websocket::client_options options,
                                         unsigned* http_status) {
    auto found = nodes_.find(node);
    if (found == nodes_.end()) co_return websocket::errc::unreachable;
    auto connecting = connect(found, "command", "127.0.0.1", std::move(options), http_status);
    co_return co_await std::move(connecting);
}

task<network::dialled> network::connect(nodes::iterator to, std::string from, std::string address,
                                        websocket::client_options options, unsigned* http_status) {
    auto name = from + "-" + std::to_string(++last_wire_);
    trace_.add(name, "dials " + to->first);
    auto [client_end, near] = websocket::pipe_stream::make_pair(env_.get_executor());
    auto [far, node_end] = websocket::pipe_stream::make_pair(env_.get_executor());
    wires_.push_back({name, to->first, std::move(near), std::move(far)});
    auto made = std::prev(wires_.end());
    to->second->serve(std::move(node_end), std::move(address));
    tasks_.spawn(pump(made, &made->near, &made->far));
    tasks_.spawn(pump(made, &made->far, &made->near));
    auto connecting = websocket::connect_pipe(env_, std::move(client_end), std::move(options), http_status);
    co_return co_await std::move(connecting);
}

/// Carries bytes until one end is closed or the wire is cut.
task<> network::pump(wires::iterator on, websocket::pipe_stream* from, websocket::pipe_stream* to) {
    std::array<char, 4096> bytes{};
    for (;;) {
        auto [error, count] = co_await from->async_read_some(boost::asio::buffer(bytes, piece_), use_result);
        if (error || on->cut) break;
        if (++chunks_ == cut_at_) {
            cut(*on);
            break;
        }
        co_await pass_time(&env_, luck_.between(milliseconds(0), weather_.network_delay));
        if (on->cut) break;
        if (on->silent) continue;
        auto [failed, written] =
            co_await boost::asio::async_write(*to, boost::asio::buffer(bytes.data(), count), use_result);
        if (failed) break;
    }
    if (!on->cut && !on->silent) to->shutdown_send();
    if (--on->pumps == 0) wires_.erase(on);
}

void network::cut(wire& one) {
    if (std::exchange(one.cut, true)) return;
    trace_.add(one.name, "is cut");
    one.near.cut();
    one.far.cut();
}

network::wire* network::any() {
    if (wires_.empty()) return nullptr;
    auto at = std::next(wires_.begin(), static_cast<std::ptrdiff_t>(luck_.below(wires_.size())));
    return &*at;
}

void network::cut_one() {
    if (auto* one = any()) cut(*one);
}

void network::silence_one() {
    auto* one = any();
    if (!one || one->cut) return;
    one->silent = true;
    trace_.add(one->name, "is silent");
}

void network::cut_silent() {
    for (auto& one : wires_)
        if (one.silent) cut(one);
}

task<> network::close() {
    for (auto& one : wires_)
        cut(one);
    co_await tasks_.join();
}

} // namespace rejoinder::tests::simulation
