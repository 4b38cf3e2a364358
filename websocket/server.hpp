#pragma once

// Private to transport.cpp: sees Beast.

#include "persistence/log_failure.hpp"
#include "persistence/mailbox.hpp"
#include "websocket/admission.hpp"
#include "websocket/handshake.hpp"
#include "websocket/opening.hpp"
#include "websocket/plain_answer.hpp"

#include <boost/beast/http.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace rejoinder::websocket {

/// What a listener does with its streams, wherever they come from: gives them a place, reads the request,
/// asks the router, answers or upgrades, and ends what it started. Owned by a listener, which stops giving it
/// streams before it awaits `close`.
class server {
public:
    server(environment& env, const listener_limits& limits, trusted_proxies proxies, router route)
        : environment_(env),
          limits_(limits),
          proxies_(std::move(proxies)),
          route_(std::move(route)),
          admission_(limits_.connections, limits_.connections_per_address,
                     limits_.bounds_loopback ? admission::own_address::bounded
                                             : admission::own_address::unbounded),
          guest_left_(env.get_executor()),
          tasks_(env.get_executor(), log_defect) {}

    task_group& tasks() noexcept { return tasks_; }
    std::size_t streams() const noexcept { return admission_.streams(); }
    std::size_t guests() const noexcept { return guests_; }

    /// Takes a stream in, or closes it when there is no place to turn it away in.
    template <class Stream>
    void serve(Stream stream, origin from, supply descriptors = supply::ample) {
        if (closing_) return;
        from.is_proxy = proxies_.contains(from.address);
        auto place = admission_.enter(from, descriptors);
        if (!place) return;
        auto visitor = std::make_shared<opening<Stream>>(environment_, std::move(stream), limits_);
        tasks_.spawn(receive(std::move(visitor), std::move(from), std::move(*place)));
    }

    task<> turn_out(close_code code, std::string_view reason, milliseconds grace) {
        ++turned_out_;
        for (auto& [number, open] : open_)
            if (open.guest) open.peer->close(code, reason);
        timer overdue(environment_);
        overdue.arm_after(grace, [this] { abort_guests(); });
        while (guests_ > 0)
            co_await guest_left_.wait();
    }

    task<> close(close_code code, std::string_view reason, milliseconds grace) {
        closing_ = true;
        for (auto& [id, hang_up] : visitors_)
            hang_up();
        for (auto& [number, open] : open_)
            open.peer->close(code, reason);
        timer overdue(environment_);
        overdue.arm_after(grace, [this] { abort_all(); });
        co_await tasks_.join();
    }

private:
    /// Counts a connection among the guests, from the router's consent to the end of its handler.
    class guest_count {
    public:
        guest_count(server& of, bool counted) : of_(counted ? &of : nullptr) {
            if (of_) ++of_->guests_;
        }
        guest_count(guest_count&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
        guest_count& operator=(guest_count&&) = delete;
        ~guest_count() {
            if (!of_) return;
            --of_->guests_;
            of_->guest_left_.notify();
        }
        explicit operator bool() const noexcept { return of_ != nullptr; }

    private:
        server* of_;
    };

    struct open_connection {
        std::shared_ptr<connection> peer;
        admission::place place;
        guest_count guest;
    };

    static void log_defect(std::exception_ptr error) {
        log_failure("connection_task_failed", std::move(error));
    }

    template <class Stream>
    task<> receive(std::shared_ptr<opening<Stream>> visitor, origin from, admission::place place) {
        auto id = ++last_visitor_;
        try {
            visitors_.emplace(id, [visitor] { visitor->hang_up(); });
            co_await attend(visitor, std::move(from), std::move(place));
        } catch (const std::exception& defect) {
            log::error("handshake_failed", {{"error", defect.what()}});
        }
        visitors_.erase(id);
    }

    template <class Stream>
    task<> attend(std::shared_ptr<opening<Stream>> visitor, origin from, admission::place place) {
        if (place.how() != admission::verdict::welcome) {
            // At once: waiting for the request would be as good as letting them in.
            auto refusal = turn_away(place.how());
            co_await visitor->respond(std::move(refusal));
            co_return;
        }
        auto error = co_await visitor->read_head();
        if (visitor->over()) co_return;
        auto decision = decide(error, *visitor, from, place);
        if (auto* answer = std::get_if<http_response>(&decision)) {
            co_await visitor->respond(std::move(*answer));
            co_return;
        }
        auto& accepted = std::get<accept_upgrade>(decision);
        guest_count guest(*this, !accepted.outlasts_guests);
        auto handler = std::move(accepted.handler); // goes before it counts as gone
        auto round = turned_out_;
        auto peer = co_await visitor->upgrade(accepted.limits, accepted.subprotocol);
        if (!peer || closing_ || (guest && round != turned_out_)) co_return;
        open_.emplace(peer->number(), open_connection{peer, std::move(place), std::move(guest)});
        peer->start(tasks_, std::move(handler), [this](auto number) { open_.erase(number); });
    }

    static http_response turn_away(admission::verdict why) {
        constexpr milliseconds wait{5000};
        if (why == admission::verdict::too_many_from_address)
            return plain_answer(429, "too many connections from this address", wait);
        return plain_answer(503, "too many connections, come back later", wait);
    }

    /// Everything between the request and the answer; nothing of it waits.
    template <class Stream>
    routing decide(const beast::error_code& error, const opening<Stream>& visitor, origin from,
                   admission::place& place) {
        if (error == http::error::header_limit || error == http::error::buffer_overflow)
            return plain_answer(431, "the header is too large");
        if (error) return plain_answer(400, "this is no HTTP request");

        const auto& received = visitor.head();
        request_head head;
        head.method = received.method_string();
        head.target = received.target();
        head.version = received.version();
        for (const auto& field : received)
            head.fields.emplace_back(field.name_string(), field.value());
        auto checked = check_request(head, limits_.header_fields);
        if (auto* refused = std::get_if<http_response>(&checked)) return std::move(*refused);

        auto& asked = std::get<request>(checked);
        if (asked.upgrade && visitor.bytes_behind() > 0)
            return plain_answer(400, "nothing may follow the upgrade request");
        if (from.is_proxy) {
            from = client_of(from, asked.forwarded, proxies_);
            if (!admission_.recount(place, from)) return turn_away(admission::verdict::too_many_from_address);
        }
        asked.peer_address = from.address;
        asked.loopback = from.loopback;
        auto decision = ask_router(asked);
        if (std::holds_alternative<accept_upgrade>(decision) && !asked.upgrade)
            return plain_answer(426, "this is a WebSocket endpoint");
        return decision;
    }

    routing ask_router(const request& asked) {
        try {
            return route_(asked);
        } catch (const std::exception& defect) {
            log::error("router_failed", {{"path", asked.path}, {"error", defect.what()}});
            return plain_answer(500, "internal error");
        }
    }

    void abort_all() {
        for (auto& [number, open] : open_)
            open.peer->abort();
    }
    void abort_guests() {
        for (auto& [number, open] : open_)
            if (open.guest) open.peer->abort();
    }

    environment& environment_;
    listener_limits limits_;
    trusted_proxies proxies_;
    router route_;
    admission admission_;
    bool closing_ = false;
    std::uint64_t turned_out_ = 0; ///< times
    std::size_t guests_ = 0;
    signal guest_left_;
    std::uint64_t last_visitor_ = 0;
    std::map<std::uint64_t, std::function<void()>> visitors_; ///< each hangs up on one
    std::map<std::uint64_t, open_connection> open_;
    task_group tasks_;
};

} // namespace rejoinder::websocket
