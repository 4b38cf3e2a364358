// The one unit that instantiates Beast: connections, listeners and clients over TCP and over pipes.

#include "websocket/accept_loop.hpp"
#include "websocket/attempts.hpp"
#include "websocket/client_session.hpp"
#include "websocket/ip_address.hpp"
#include "websocket/pipe.hpp"
#include "websocket/server.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/basic_resolver.hpp>

#include <cerrno>
#include <sys/resource.h>
#include <sys/socket.h>

#include <vector>

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

boost::system::error_code listen_at(acceptor& accepting, const tcp::endpoint& where, port_use how) {
    boost::system::error_code error;
    accepting.open(where.protocol(), error);
    if (!error) accepting.set_option(asio::socket_base::reuse_address(true), error);
    if (!error && how != port_use::alone) {
        int on = 1;
        if (::setsockopt(accepting.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
            error = {errno, boost::system::system_category()};
    }
    if (!error) accepting.bind(where, error);
    if (!error) accepting.listen(asio::socket_base::max_listen_connections, error);
    return error;
}

class tcp_listener final : public listener {
public:
    tcp_listener(environment& env, const listener_options& options, router route, acceptor accepting)
        : environment_(env),
          acceptor_(std::move(accepting)),
          port_(acceptor_.local_endpoint().port()),
          loop_(env, [this] { return accept_one(); }),
          server_(env, options.limits, options.proxies, std::move(route), options.counts) {
        server_.tasks().spawn(loop_.run());
    }

    std::uint16_t port() const noexcept override { return port_; }
    std::size_t open_connections() const noexcept override { return server_.streams(); }
    std::size_t guests() const noexcept override { return server_.guests(); }
    std::shared_ptr<landing> as_landing() noexcept override { return server_.as_landing(); }
    backlog waiting() const override { return server_.waiting(); }
    void give_up_slowest(std::string_view why) override { server_.give_up_slowest(why); }
    task<> turn_out(close_code code, std::string_view reason, milliseconds grace) override {
        return server_.turn_out(code, reason, grace);
    }

    void stop_accepting() override {
        loop_.stop();
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

    task<> close(close_code code, std::string_view reason, milliseconds grace) override {
        stop_accepting();
        co_await server_.close(code, reason, grace);
    }

private:
    /// Kept free for the database and the log, which matter more than one more peer.
    static constexpr std::uint64_t spare_descriptors = 64;

    task<boost::system::error_code> accept_one() {
        tcp_stream stream(environment_.get_executor());
        auto [error] = co_await acceptor_.async_accept(stream, use_result);
        if (!error) take_in(std::move(stream));
        co_return error;
    }

    void take_in(tcp_stream stream) {
        boost::system::error_code error;
        // Without this a small answer may wait 40 ms for the acknowledgement of the one before.
        stream.set_option(tcp::no_delay(true), error);
        auto peer = unmapped(stream.remote_endpoint(error).address());
        if (error) return;
        bool scarce =
            static_cast<std::uint64_t>(stream.native_handle()) + spare_descriptors >= descriptor_limit();
        origin from{peer.to_string(), peer.is_loopback()};
        server_.serve(std::move(stream), std::move(from), scarce ? supply::scarce : supply::ample);
    }

    environment& environment_;
    acceptor acceptor_;
    std::uint16_t port_;
    accept_loop loop_;
    server server_;
};

class in_memory_listener final : public pipe_listener {
public:
    in_memory_listener(environment& env, const listener_limits& limits, router route, trusted_proxies proxies)
        : server_(env, limits, std::move(proxies), std::move(route)) {}

    std::uint16_t port() const noexcept override { return 0; }
    std::size_t open_connections() const noexcept override { return server_.streams(); }
    std::size_t guests() const noexcept override { return server_.guests(); }
    std::shared_ptr<landing> as_landing() noexcept override { return server_.as_landing(); }
    backlog waiting() const override { return server_.waiting(); }
    void give_up_slowest(std::string_view why) override { server_.give_up_slowest(why); }
    task<> turn_out(close_code code, std::string_view reason, milliseconds grace) override {
        return server_.turn_out(code, reason, grace);
    }
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

/// Connects to the first address of a host that answers.
class dialer {
public:
    explicit dialer(environment& env) : environment_(env), stream_(env.get_executor()) {}

    task<result<tcp_stream>> dial(url where, steady_time due) {
        boost::system::error_code no_address;
        auto literal = asio::ip::make_address(where.host, no_address);
        if (no_address) {
            auto found = co_await look_up(where, due);
            if (!found) co_return found.error();
            addresses_ = std::move(*found);
        } else {
            addresses_.assign(1, tcp::endpoint(literal, where.port));
        }
        auto try_one = [this](std::size_t which, steady_time until) { return reach(which, until); };
        auto reached = co_await try_in_turn(&environment_, addresses_.size(), due, try_one);
        if (reached) co_return std::move(stream_);
        if (environment_.steady_now() >= due) co_return errc::timed_out;
        co_return errc::unreachable;
    }

private:
    using endpoints = std::vector<tcp::endpoint>;

    /// What the system's resolver answers. It can't be hurried: who does not wait for it leaves it behind.
    struct question {
        explicit question(executor ex) : names(ex) {}
        resolver names;
        bool over = false;
        result<endpoints> answer = errc::timed_out;
        signal changed;
    };

    task<result<endpoints>> look_up(url where, steady_time due) {
        auto asked = std::make_shared<question>(environment_.get_executor());
        auto keep = [asked](const boost::system::error_code& error, const resolver::results_type& found) {
            endpoints addresses;
            for (const auto& entry : found)
                addresses.push_back(entry.endpoint());
            if (error)
                asked->answer = errc::unresolved;
            else
                asked->answer = std::move(addresses);
            asked->over = true;
            asked->changed.notify();
        };
        asked->names.async_resolve(where.host, std::to_string(where.port), keep);
        timer deadline(environment_);
        auto give_up = [asked] {
            asked->over = true;
            asked->changed.notify();
        };
        deadline.arm(due, give_up);
        while (!asked->over)
            co_await asked->changed.wait();
        co_return std::move(asked->answer);
    }

    task<bool> reach(std::size_t which, steady_time until) {
        boost::system::error_code ignored;
        stream_.close(ignored);
        timer deadline(environment_);
        deadline.arm(until, [this] { beast::close_socket(stream_); });
        auto [refused] = co_await stream_.async_connect(addresses_[which], use_result);
        if (refused || !stream_.is_open()) co_return false;
        stream_.set_option(tcp::no_delay(true), ignored);
        co_return true;
    }

    environment& environment_;
    tcp_stream stream_;
    endpoints addresses_;
};

task<result<std::unique_ptr<client>>> connect_tcp(environment* env, client_options options,
                                                  unsigned* http_status) {
    auto where = parse_url(options.url);
    if (!where) co_return where.error();
    auto due = env->steady_now() + options.deadline;
    dialer dialing(*env);
    auto stream = co_await dialing.dial(*where, due);
    if (!stream) co_return stream.error();
    auto upgraded =
        co_await upgrade_client(env, std::move(*stream), std::move(options), *where, due, http_status);
    co_return upgraded;
}

task<result<std::unique_ptr<client>>> connect_end(environment* env, pipe_stream end, client_options options,
                                                  unsigned* http_status) {
    auto where = parse_url(options.url);
    if (!where) co_return where.error();
    auto due = env->steady_now() + options.deadline;
    auto upgraded =
        co_await upgrade_client(env, std::move(end), std::move(options), *where, due, http_status);
    co_return upgraded;
}

} // namespace

std::shared_ptr<admission> make_admission(const listener_limits& limits) {
    return std::make_shared<admission>(limits.connections, limits.connections_per_address,
                                       limits.bounds_loopback ? admission::own_address::bounded
                                                              : admission::own_address::unbounded);
}

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
    // Who shares his port can have that of another one who does: whether it is free shows without sharing.
    if (options.port_is == port_use::first && options.port != 0) {
        error = listen_at(accepting, endpoint, port_use::alone);
        boost::system::error_code ignored;
        accepting.close(ignored);
    }
    if (!error) error = listen_at(accepting, endpoint, options.port_is);
    if (error) {
        log::error("listener_without_address",
                   {{"host", options.host}, {"port", options.port}, {"error", error.message()}});
        return error;
    }
    std::unique_ptr<listener> opened =
        std::make_unique<tcp_listener>(env, options, std::move(route), std::move(accepting));
    return opened;
}

std::unique_ptr<pipe_listener> open_pipe_listener(environment& env, const listener_limits& limits,
                                                  router route, trusted_proxies proxies) {
    return std::make_unique<in_memory_listener>(env, limits, std::move(route), std::move(proxies));
}

task<result<std::unique_ptr<client>>> connect(environment& env, client_options options,
                                              unsigned* http_status) {
    return connect_tcp(&env, std::move(options), http_status);
}

task<result<std::unique_ptr<client>>> connect_pipe(environment& env, pipe_stream end, client_options options,
                                                   unsigned* http_status) {
    return connect_end(&env, std::move(end), std::move(options), http_status);
}

} // namespace rejoinder::websocket
