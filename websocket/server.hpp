#pragma once

// Private to transport.cpp: sees Beast.

#include "websocket/basic_connection.hpp"
#include "websocket/handshake.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace rejoinder::websocket {

namespace http = beast::http;

/// Where a stream comes from.
struct origin {
    std::string address;
    bool loopback = false;
};

/// What a listener does with its streams, wherever they come from: counts them, reads the request within a
/// deadline, asks the router, answers or upgrades, and ends what it started. Owned by a listener, which stops
/// giving it streams before it awaits `close`.
class server {
public:
    server(environment& env, listener_options options, router route)
        : environment_(env),
          options_(std::move(options)),
          route_(std::move(route)),
          tasks_(env.get_executor(), log_defect) {}

    task_group& tasks() noexcept { return tasks_; }
    std::size_t streams() const noexcept { return streams_; }

    /// Takes a stream in. `scarce` says that descriptors run out: the stream is told to come back later.
    enum class supply { ample, scarce };
    template <class Stream>
    void serve(Stream stream, origin from, supply descriptors = supply::ample) {
        // Refusing politely takes a place as well, so the number of those being refused is bounded too.
        if (closing_ || streams_ >= options_.connections + refusal_places) return;
        ++streams_;
        ++by_address_[from.address];
        tasks_.spawn(serve_one(std::move(stream), std::move(from), descriptors));
    }

    task<> close(close_code code, std::string_view reason, milliseconds grace) {
        closing_ = true;
        for (auto& [id, drop] : handshakes_)
            drop();
        for (auto& [number, open] : open_)
            open->close(code, reason);
        timer overdue(environment_);
        overdue.arm_after(grace, [this] { abort_all(); });
        co_await tasks_.join();
    }

private:
    static constexpr std::size_t refusal_places = 64;
    static constexpr std::size_t lingering_bytes = 65536;
    static constexpr milliseconds answer_deadline{5000};

    enum class fate { over, upgraded };

    static void log_defect(std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& defect) {
            log::error("listener.task_failed", {{"error", defect.what()}});
        }
    }

    template <class Stream>
    task<> serve_one(Stream stream, origin from, supply descriptors) {
        auto id = ++last_handshake_;
        timer deadline(environment_);
        auto end = fate::over;
        try {
            end = co_await shake_hands(stream, from, descriptors, id, deadline);
        } catch (const std::exception& defect) {
            log::error("listener.handshake_failed", {{"error", defect.what()}});
        }
        handshakes_.erase(id);
        if (end == fate::over) leave(from.address);
    }

    /// The stream, and whatever else is passed by reference, belongs to `serve_one`, which awaits this.
    template <class Stream>
    task<fate> shake_hands(Stream& stream, const origin& from, supply descriptors, std::uint64_t id,
                           timer& deadline) {
        auto hang_up = [&stream] { beast::close_socket(stream); };
        handshakes_.insert_or_assign(id, hang_up);
        deadline.arm_after(options_.handshake_deadline, hang_up);

        beast::flat_buffer buffer(options_.header_bytes);
        http::request_parser<http::empty_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(options_.header_bytes));
        auto [error, count] = co_await http::async_read_header(stream, buffer, parser, use_result);
        if (!stream.is_open() || error == http::error::end_of_stream || error == http::error::partial_message)
            co_return fate::over;

        deadline.arm_after(answer_deadline, hang_up);
        auto decision = decide(error, parser.get(), from, descriptors, buffer.size());
        if (auto* answer = std::get_if<http_response>(&decision)) {
            co_await respond(stream, *answer, parser.get().version());
            co_return fate::over;
        }
        auto& accepted = std::get<accept_upgrade>(decision);
        auto peer = std::make_shared<basic_connection<Stream>>(environment_, std::move(stream));
        auto abort = [peer] { beast::close_socket(beast::get_lowest_layer(peer->socket())); };
        handshakes_.insert_or_assign(id, abort);
        deadline.arm_after(answer_deadline, abort);
        auto refused = co_await upgrade(*peer, parser.get(), accepted.subprotocol);
        if (refused || closing_) co_return fate::over;

        open_.emplace(peer->number(), peer);
        auto gone = [this, address = from.address](std::uint64_t number) {
            open_.erase(number);
            leave(address);
        };
        peer->start(tasks_, std::move(accepted.handler), accepted.limits, gone);
        co_return fate::upgraded;
    }

    /// Everything between the request and the answer; nothing of it waits.
    routing decide(const beast::error_code& error, const http::request<http::empty_body>& received,
                   const origin& from, supply descriptors, std::size_t bytes_behind) {
        if (error == http::error::header_limit || error == http::error::buffer_overflow)
            return refusal(431, "the header is too large");
        if (error) return refusal(400, "this is no HTTP request");
        if (closing_ || descriptors == supply::scarce || streams_ > options_.connections)
            return refusal(503, "too many connections, come back later", "5");
        if (!from.loopback && by_address_[from.address] > options_.connections_per_address)
            return refusal(429, "too many connections from this address", "5");

        request_head head;
        head.method = received.method_string();
        head.target = received.target();
        head.version = received.version();
        for (const auto& field : received)
            head.fields.emplace_back(field.name_string(), field.value());
        auto checked = check_request(head, options_.header_fields);
        if (auto* refused = std::get_if<http_response>(&checked)) return std::move(*refused);

        auto& asked = std::get<request>(checked);
        if (asked.upgrade && bytes_behind > 0) return refusal(400, "nothing may follow the upgrade request");
        asked.peer_address = from.address;
        asked.loopback = from.loopback;
        auto decision = ask_router(asked);
        if (std::holds_alternative<accept_upgrade>(decision) && !asked.upgrade)
            return refusal(426, "this is a WebSocket endpoint");
        return decision;
    }

    routing ask_router(const request& asked) {
        try {
            return route_(asked);
        } catch (const std::exception& defect) {
            log::error("listener.router_failed", {{"path", asked.path}, {"error", defect.what()}});
            return refusal(500, "internal error");
        }
    }

    static http_response refusal(unsigned status, std::string_view sentence,
                                 std::string_view retry_after = {}) {
        http_response answer;
        answer.status = status;
        answer.body = std::string(sentence) + '\n';
        if (!retry_after.empty()) answer.headers.emplace_back("Retry-After", retry_after);
        if (status == 426) answer.headers.emplace_back("Upgrade", "websocket");
        return answer;
    }

    template <class Stream>
    static task<beast::error_code> upgrade(basic_connection<Stream>& peer,
                                           const http::request<http::empty_body>& received,
                                           const std::string& subprotocol) {
        auto decorate = [&subprotocol](beast::websocket::response_type& response) {
            response.set(http::field::server, "rejoinder");
            if (!subprotocol.empty()) response.set(http::field::sec_websocket_protocol, subprotocol);
        };
        peer.socket().set_option(beast::websocket::stream_base::decorator(decorate));
        auto [error] = co_await peer.socket().async_accept(received, use_result);
        // The decorator refers to the subprotocol, which ends with this handshake.
        auto plain = [](beast::websocket::response_type&) {};
        peer.socket().set_option(beast::websocket::stream_base::decorator(plain));
        co_return error;
    }

    template <class Stream>
    static task<> respond(Stream& stream, const http_response& answer, unsigned version) {
        http::response<http::string_body> response(static_cast<http::status>(answer.status), version);
        response.set(http::field::server, "rejoinder");
        response.set(http::field::content_type, answer.content_type);
        for (const auto& [name, value] : answer.headers)
            response.insert(name, value);
        response.keep_alive(false);
        response.set(http::field::connection, "close");
        response.body() = answer.body;
        response.prepare_payload();
        auto [error, count] = co_await http::async_write(stream, response, use_result);
        if (!error) co_await linger(stream);
        beast::close_socket(stream);
    }

    /// Closing a socket with unread bytes resets it, and the answer may be lost with it: what the peer still
    /// sends is read and thrown away, up to a bound.
    template <class Stream>
    static task<> linger(Stream& stream) {
        shutdown_send(stream);
        std::string scratch(4096, '\0');
        for (std::size_t seen = 0; seen < lingering_bytes;) {
            auto [error, count] = co_await stream.async_read_some(asio::buffer(scratch), use_result);
            if (error) break;
            seen += count;
        }
    }

    void leave(const std::string& address) {
        --streams_;
        auto found = by_address_.find(address);
        if (--found->second == 0) by_address_.erase(found);
    }

    void abort_all() {
        for (auto& [number, open] : open_)
            open->abort();
    }

    environment& environment_;
    listener_options options_;
    router route_;
    bool closing_ = false;
    std::size_t streams_ = 0; ///< those in a handshake included
    std::unordered_map<std::string, std::size_t> by_address_;
    std::uint64_t last_handshake_ = 0;
    std::map<std::uint64_t, std::function<void()>> handshakes_; ///< each drops one that is under way
    std::map<std::uint64_t, std::shared_ptr<connection>> open_;
    task_group tasks_;
};

} // namespace rejoinder::websocket
