#pragma once

// Private to transport.cpp: sees Beast.

#include "persistence/log_failure.hpp"
#include "websocket/basic_connection.hpp"
#include "websocket/client.hpp"
#include "websocket/error.hpp"
#include "websocket/url.hpp"

#include <boost/beast/http.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rejoinder::websocket {

namespace http = beast::http;

/// What a client and the handler of its connection share.
struct client_inbox {
    /// A client that does not receive is not a place to store things in.
    static constexpr std::size_t max_messages = 65536;
    static constexpr std::size_t max_bytes = 64 << 20;

    std::deque<std::string> messages;
    std::size_t bytes = 0;
    std::optional<closed> over;
    signal changed;
};

/// Puts what arrives into the inbox.
class client_handler final : public connection_handler {
public:
    explicit client_handler(std::shared_ptr<client_inbox> inbox) : inbox_(std::move(inbox)) {}

    void on_open(connection& peer) override { peer_ = &peer; }
    void on_text(std::string_view text) override { keep(text); }
    void on_binary(std::string_view bytes) override { keep(bytes); }

    void on_too_big(std::size_t) override { peer_->close(close_code::too_big, "a message is too big"); }

    void on_closed(const closed& why) override {
        inbox_->over = why;
        inbox_->changed.notify();
    }

private:
    void keep(std::string_view message) {
        if (inbox_->messages.size() == client_inbox::max_messages ||
            inbox_->bytes + message.size() > client_inbox::max_bytes)
            return peer_->close(close_code::policy, "too many messages that nobody received");
        inbox_->messages.emplace_back(message);
        inbox_->bytes += message.size();
        inbox_->changed.notify();
    }

    std::shared_ptr<client_inbox> inbox_;
    connection* peer_ = nullptr;
};

/// The client's side of a connection over any stream. Its coroutines live in its own task group, which
/// outlasts the client: one that is destroyed while open is cut and ends on its own.
class client_session final : public client {
public:
    explicit client_session(environment& env)
        : environment_(env),
          inbox_(std::make_shared<client_inbox>()),
          tasks_(std::make_shared<task_group>(env.get_executor(), log_defect)) {}

    ~client_session() override {
        if (tasks_->running() == 0) return;
        peer_->abort();
        task_group::join_unattended(tasks_);
    }

    template <class Stream>
    void start(std::shared_ptr<basic_connection<Stream>> peer) {
        peer->start(*tasks_, std::make_unique<client_handler>(inbox_), [](std::uint64_t, auto) {});
        peer_ = std::move(peer);
    }

    task<std::optional<std::string>> receive(milliseconds patience) override {
        bool waited_enough = false;
        timer alarm(environment_);
        auto give_up = [&waited_enough, inbox = inbox_.get()] {
            waited_enough = true;
            inbox->changed.notify();
        };
        alarm.arm_after(patience, give_up);
        while (inbox_->messages.empty()) {
            if (inbox_->over || waited_enough) co_return std::nullopt;
            co_await inbox_->changed.wait();
        }
        std::optional<std::string> message(std::move(inbox_->messages.front()));
        inbox_->messages.pop_front();
        inbox_->bytes -= message->size();
        co_return message;
    }

    void send(std::string text) override { peer_->send(std::move(text)); }
    void send_binary(std::string bytes) override { peer_->send_binary(std::move(bytes)); }

    task<> close(close_code code) override {
        timer overdue(environment_);
        overdue.arm_after(close_patience, [this] { peer_->abort(); });
        peer_->close(code, "");
        co_await tasks_->join();
    }

    task<> cut() override {
        peer_->abort();
        co_await tasks_->join();
    }

    const std::optional<closed>& closed_with() const noexcept override { return inbox_->over; }

private:
    static void log_defect(std::exception_ptr error) { log_failure("client_task_failed", std::move(error)); }

    environment& environment_;
    std::shared_ptr<client_inbox> inbox_;
    std::shared_ptr<connection> peer_;
    std::shared_ptr<task_group> tasks_;
};

/// A server that is slow or wrong is an error of this room, whatever Beast calls it.
inline errc handshake_error(const beast::error_code& error, bool timed_out) {
    if (timed_out) return errc::timed_out;
    if (error == beast::websocket::error::upgrade_declined) return errc::refused;
    if (error == beast::websocket::condition::handshake_failed) return errc::not_websocket;
    return errc::unreachable;
}

/// Upgrades a connected stream, until `due`. `env` outlives the client.
template <class Stream>
task<result<std::unique_ptr<client>>> upgrade_client(environment* env, Stream stream, client_options options,
                                                     url where, steady_time due, unsigned* http_status) {
    // A server sends as much as it has to say; the inbox is the bound.
    auto limits = options.limits;
    limits.messages_per_second = limits.message_burst = limits.control_frames_per_second = 1e9;
    auto peer = std::make_shared<basic_connection<Stream>>(*env, std::move(stream), side::client, limits);
    bool timed_out = false;
    timer deadline(*env);
    auto give_up = [&timed_out, peer] {
        timed_out = true;
        beast::close_socket(beast::get_lowest_layer(peer->socket()));
    };
    deadline.arm(due, give_up);

    auto decorate = [&options](beast::websocket::request_type& request) {
        for (const auto& [name, value] : options.headers)
            request.insert(name, value);
        if (!options.subprotocol.empty())
            request.set(http::field::sec_websocket_protocol, options.subprotocol);
    };
    peer->socket().set_option(beast::websocket::stream_base::decorator(decorate));
    beast::websocket::response_type response;
    auto host = where.authority();
    auto [error] = co_await peer->socket().async_handshake(response, host, where.target, use_result);
    auto plain = [](beast::websocket::request_type&) {};
    peer->socket().set_option(beast::websocket::stream_base::decorator(plain));
    deadline.disarm();

    if (http_status && response.result_int() != 0) *http_status = response.result_int();
    if (error) co_return handshake_error(error, timed_out);
    if (response[http::field::sec_websocket_protocol] != options.subprotocol) co_return errc::not_websocket;

    auto session = std::make_unique<client_session>(*env);
    session->start(peer);
    std::unique_ptr<client> connected(std::move(session));
    co_return connected;
}

} // namespace rejoinder::websocket
