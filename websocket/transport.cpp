// The one unit that instantiates Beast: connections, listeners and clients over TCP and over pipes.

#include "websocket/client_session.hpp"
#include "websocket/pipe.hpp"
#include "websocket/server.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/redirect_error.hpp>

#include <sys/resource.h>

namespace rejoinder::websocket {
namespace {

using tcp = asio::ip::tcp;
using resolver = asio::ip::basic_resolver<tcp, executor>;
using acceptor = asio::basic_socket_acceptor<tcp, executor>;

/// The soft limit of open descriptors of this process.
std::uint64_t descriptor_limit() noexcept {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

class tcp_listener final : public listener {
public:
    tcp_listener(environment& env, listener_options options, router route, acceptor accepting)
        : environment_(env),
          acceptor_(std::move(accepting)),
          port_(acceptor_.local_endpoint().port()),
          resume_(env.get_executor()),
          server_(env, std::move(options), std::move(route)) {
        server_.tasks().spawn(accept_all());
    }

    std::uint16_t port() const noexcept override { return port_; }
    std::size_t open_connections() const noexcept override { return server_.streams(); }

    void stop_accepting() override {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        resume_.notify();
    }

    task<> close(close_code code, std::string_view reason, milliseconds grace) override {
        stop_accepting();
        co_await server_.close(code, reason, grace);
    }

private:
    /// Kept free for the database and the log, which matter more than one more peer.
    static constexpr std::uint64_t spare_descriptors = 64;
    static constexpr milliseconds pause{100};

    task<> accept_all() {
        timer alarm(environment_);
        while (acceptor_.is_open()) {
            tcp_stream stream(environment_.get_executor());
            auto [error] = co_await acceptor_.async_accept(stream, use_result);
            if (!error) {
                take_in(std::move(stream));
            } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
                // Usually there is no free descriptor, and trying again at once would only burn the
                // processor.
                ++pauses_;
                log::warning("listener.paused", {{"error", error.message()}, {"times", pauses_}});
                alarm.arm_after(pause, [this] { resume_.notify(); });
                co_await resume_.wait();
            }
        }
    }

    void take_in(tcp_stream stream) {
        boost::system::error_code error;
        // Without this a small answer may wait 40 ms for the acknowledgement of the one before.
        stream.set_option(tcp::no_delay(true), error);
        auto peer = stream.remote_endpoint(error).address();
        if (error) return;
        if (peer.is_v6() && peer.to_v6().is_v4_mapped())
            peer = asio::ip::make_address_v4(asio::ip::v4_mapped, peer.to_v6());
        bool scarce =
            static_cast<std::uint64_t>(stream.native_handle()) + spare_descriptors >= descriptor_limit();
        origin from{peer.to_string(), peer.is_loopback()};
        server_.serve(std::move(stream), std::move(from),
                      scarce ? server::supply::scarce : server::supply::ample);
    }

    environment& environment_;
    acceptor acceptor_;
    std::uint16_t port_;
    signal resume_;
    std::uint64_t pauses_ = 0;
    server server_;
};

class in_memory_listener final : public pipe_listener {
public:
    in_memory_listener(environment& env, listener_options options, router route)
        : server_(env, std::move(options), std::move(route)) {}

    std::uint16_t port() const noexcept override { return 0; }
    std::size_t open_connections() const noexcept override { return server_.streams(); }
    void stop_accepting() override { accepting_ = false; }

    void serve(pipe_stream end, std::string peer_address) override {
        if (!accepting_) return;
        bool loopback = peer_address == "127.0.0.1" || peer_address == "::1";
        origin from{std::move(peer_address), loopback};
        server_.serve(std::move(end), std::move(from));
    }

    task<> close(close_code code, std::string_view reason, milliseconds grace) override {
        stop_accepting();
        co_await server_.close(code, reason, grace);
    }

private:
    bool accepting_ = true;
    server server_;
};

/// Connects to the first address of the host that answers. Closing `*stream` ends the wait.
task<result<void>> reach(tcp_stream& stream, resolver& names, url where) {
    resolver::results_type addresses;
    boost::system::error_code error;
    auto literal = asio::ip::make_address(where.host, error);
    if (!error) {
        addresses = resolver::results_type::create(tcp::endpoint(literal, where.port), where.host, "");
    } else {
        auto service = std::to_string(where.port);
        auto resolved =
            co_await names.async_resolve(where.host, service, asio::redirect_error(use_task, error));
        if (error) co_return errc::unresolved;
        addresses = std::move(resolved);
    }
    for (const auto& entry : addresses) {
        stream.close(error);
        auto endpoint = entry.endpoint();
        auto [refused] = co_await stream.async_connect(endpoint, use_result);
        if (!refused) {
            stream.set_option(tcp::no_delay(true), error);
            co_return result<void>();
        }
    }
    co_return errc::unreachable;
}

} // namespace

result<std::unique_ptr<listener>> open_listener(environment& env, listener_options options, router route) {
    boost::system::error_code error;
    auto address = asio::ip::make_address(options.host, error);
    if (error) {
        resolver names(env.get_executor());
        auto found = names.resolve(options.host, std::to_string(options.port), error);
        if (error) return error;
        address = found.begin()->endpoint().address();
    }
    tcp::endpoint endpoint(address, options.port);
    acceptor accepting(env.get_executor());
    accepting.open(endpoint.protocol(), error);
    if (!error) accepting.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) accepting.bind(endpoint, error);
    if (!error) accepting.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        log::error("listener.no_address",
                   {{"host", options.host}, {"port", options.port}, {"error", error.message()}});
        return error;
    }
    std::unique_ptr<listener> opened =
        std::make_unique<tcp_listener>(env, std::move(options), std::move(route), std::move(accepting));
    return opened;
}

std::unique_ptr<pipe_listener> open_pipe_listener(environment& env, listener_options options, router route) {
    return std::make_unique<in_memory_listener>(env, std::move(options), std::move(route));
}

task<result<std::unique_ptr<client>>> connect(environment& env, client_options options,
                                              unsigned* http_status) {
    auto where = parse_url(options.url);
    if (!where) co_return where.error();
    auto due = env.steady_now() + options.deadline;
    tcp_stream stream(env.get_executor());
    resolver names(env.get_executor());
    bool timed_out = false;
    timer deadline(env);
    auto give_up = [&] {
        timed_out = true;
        names.cancel();
        beast::close_socket(stream);
    };
    deadline.arm(due, give_up);
    auto reached = co_await reach(stream, names, *where);
    deadline.disarm();
    if (timed_out) co_return errc::timed_out;
    if (!reached) co_return reached.error();
    auto upgraded =
        co_await upgrade_client(env, std::move(stream), std::move(options), *where, due, http_status);
    co_return upgraded;
}

task<result<std::unique_ptr<client>>> connect_pipe(environment& env, pipe_stream end, client_options options,
                                                   unsigned* http_status) {
    auto where = parse_url(options.url);
    if (!where) co_return where.error();
    auto due = env.steady_now() + options.deadline;
    auto upgraded =
        co_await upgrade_client(env, std::move(end), std::move(options), *where, due, http_status);
    co_return upgraded;
}

} // namespace rejoinder::websocket
