#pragma once

// Private to transport.cpp: sees Beast.

#include "persistence/log_failure.hpp"
#include "persistence/mailbox.hpp"
#include "websocket/admission.hpp"
#include "websocket/handshake.hpp"
#include "websocket/listener.hpp"
#include "websocket/opening.hpp"
#include "websocket/plain_answer.hpp"

#include <boost/beast/http.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
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
    /// `counts`: shared with others; nothing: its own.
    server(environment& env, const listener_limits& limits, trusted_proxies proxies, router route,
           std::shared_ptr<admission> counts = {})
        : environment_(env),
          limits_(limits),
          proxies_(std::move(proxies)),
          route_(std::move(route)),
          pier_(std::make_shared<pier>(*this, counts ? std::move(counts) : make_admission(limits_))),
          admission_(*pier_->counts),
          tasks_(env.get_executor(), log_defect) {}
    ~server() { pier_->there = nullptr; }

    task_group& tasks() noexcept { return tasks_; }
    std::size_t streams() const noexcept { return admission_.streams(); }
    std::size_t guests() const noexcept { return guests_; }
    std::shared_ptr<landing> as_landing() const noexcept { return pier_; }

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

    listener::backlog waiting() const {
        listener::backlog all;
        for (const auto& [number, open] : open_) {
            if (!open.guest) continue;
            all.bytes += open.peer->queued_bytes();
            all.most = std::max(all.most, slowness(*open.peer));
        }
        return all;
    }

    void give_up_slowest(std::string_view why) {
        connection* slowest = nullptr;
        for (const auto& [number, open] : open_)
            if (open.guest && slowness(*open.peer) > (slowest ? slowness(*slowest) : 0))
                slowest = open.peer.get();
        if (slowest) slowest->give_up(close_code::slow_consumer, why);
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

    /// Where connections of other loops arrive. It may outlive the server, which only its own loop asks for.
    struct pier final : landing {
        pier(server& of, std::shared_ptr<admission> counted)
            : counts(std::move(counted)), loop(of.environment_.get_executor()), there(&of) {}
        std::shared_ptr<admission> counts; ///< outlives the places of who is on the way
        executor loop;
        server* there;
    };

    enum class standing { guest, lasting };

    /// A connection on its way to this server, with its place among all.
    template <class Stream>
    struct arrival {
        std::shared_ptr<pier> at;
        emigrant<Stream> who;
        handler_maker make;
        admission::place place;
        standing as;
    };

    struct open_connection {
        std::shared_ptr<connection> peer;
        admission::place place;
        guest_count guest;
    };

    /// Nothing for one that closes already.
    static std::size_t slowness(const connection& peer) noexcept {
        return peer.closing() ? 0 : peer.queued_bytes();
    }

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
        if (auto* waiting = std::get_if<later>(&decision)) {
            auto settling = settle(std::move(waiting->decision));
            decision = co_await std::move(settling);
        }
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
        begin(peer, std::move(handler));
    }

    /// What is known of the connection goes with it.
    template <class Stream>
    void begin(const std::shared_ptr<basic_connection<Stream>>& peer,
               std::unique_ptr<connection_handler> handler) {
        peer->start(tasks_, std::move(handler), [this](auto number, auto leaving) {
            if (leaving) send_off<Stream>(open_.at(number), std::move(*leaving));
            open_.erase(number);
        });
    }

    template <class Stream>
    void send_off(open_connection& from, departure<Stream> leaving) {
        auto at = std::static_pointer_cast<pier>(std::move(leaving.to.there));
        auto loop = at->loop;
        arrival<Stream> arriving{std::move(at), std::move(leaving.who), std::move(leaving.to.make),
                                 std::move(from.place), from.guest ? standing::guest : standing::lasting};
        asio::post(loop, [arriving = std::move(arriving)]() mutable {
            if (auto* there = arriving.at->there) there->take_in(std::move(arriving));
        });
    }

    /// Whoever comes too late is hung up on, as there may be nobody any more who waits for its end.
    template <class Stream>
    void take_in(arrival<Stream> arriving) {
        if (closing_) return;
        try {
            auto peer = std::make_shared<basic_connection<Stream>>(environment_, std::move(arriving.who));
            auto handler = arriving.make();
            guest_count guest(*this, arriving.as == standing::guest);
            open_.emplace(peer->number(), open_connection{peer, std::move(arriving.place), std::move(guest)});
            begin(peer, std::move(handler));
        } catch (const std::exception& defect) {
            log::error("connection_not_moved", {{"error", defect.what()}});
        }
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

    static task<routing> settle(task<decided> decision) {
        try {
            auto made = co_await std::move(decision);
            if (auto* answer = std::get_if<http_response>(&made)) co_return std::move(*answer);
            co_return std::move(std::get<accept_upgrade>(made));
        } catch (const std::exception& defect) {
            log::error("router_failed", {{"error", defect.what()}});
        }
        co_return plain_answer(500, "internal error");
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
    std::shared_ptr<pier> pier_;
    admission& admission_;
    bool closing_ = false;
    std::uint64_t turned_out_ = 0; ///< times
    std::atomic<std::size_t> guests_ = 0;
    signal guest_left_;
    std::uint64_t last_visitor_ = 0;
    std::map<std::uint64_t, std::function<void()>> visitors_; ///< each hangs up on one
    std::map<std::uint64_t, open_connection> open_;
    task_group tasks_;
};

} // namespace rejoinder::websocket
