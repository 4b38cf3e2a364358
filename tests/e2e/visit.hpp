#pragma once

#include "persistence/json.hpp"
#include "service/client/session_client.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/real_environment.hpp"
#include "websocket/client.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// A connection that may say anything.
class visitor {
public:
    visitor(real_environment& world, std::unique_ptr<websocket::client> connection)
        : world_(world), connection_(std::move(connection)) {}
    visitor(visitor&&) = default;
    ~visitor() {
        if (connection_) world_.run(connection_->cut());
    }

    void say(const std::string& text) { connection_->send(text); }
    void say(const json& frame) { say(frame.dump()); }
    void say_bytes(const std::string& bytes) { connection_->send_binary(bytes); }

    /// The next frame, within 10 s; null when the connection is over.
    json hear() {
        auto text = world_.get(connection_->receive(milliseconds(10'000)));
        return text ? json::parse(*text) : json();
    }

    /// The next frame of this type; null when none comes.
    json hear(const std::string& type) {
        for (;;) {
            auto frame = hear();
            if (frame.is_null() || frame.value("type", "") == type) return frame;
        }
    }

    /// Hears the rest; the close code, 0 when the connection goes on.
    int hear_out() {
        while (!hear().is_null()) {
        }
        return connection_->closed_with() ? connection_->closed_with()->code : 0;
    }

private:
    real_environment& world_;
    std::unique_ptr<websocket::client> connection_;
};

inline json hello(const std::string& device) {
    return {{"type", "hello"}, {"protocol", 1}, {"device", device}, {"create", true}, {"machine", "parrot"}};
}

inline json turn(const std::string& id, int number, const std::string& text) {
    return {{"type", "turn"}, {"id", id}, {"number", number}, {"input", {{"text", text}}}};
}

/// A server under visit, and a neighbour who talks to it all the while and must not notice anything.
class visited_server {
public:
    explicit visited_server(std::vector<std::string> more = {}, const std::string& database = "memory:")
        : server(serve(database, std::move(more))),
          neighbour_(world.env(), server->url(), {"neighbour", "", "", "", 0, 0}) {
        auto welcome = world.get(neighbour_.attach("parrot"));
        REQUIRE(welcome);
        REQUIRE(welcome->value("outcome", "") == "new");
        check_neighbour();
    }
    ~visited_server() { world.run(neighbour_.cut()); }

    /// Where `http_status` tells of a refusal; nothing then.
    std::unique_ptr<websocket::client> connect(websocket::client_options options, unsigned& http_status) {
        if (options.url.empty()) options.url = server->url();
        auto connected = world.get(websocket::connect(world.env(), std::move(options), &http_status));
        return connected ? std::move(*connected) : nullptr;
    }

    visitor visit() {
        websocket::client_options options;
        options.subprotocol = "rejoinder.v1";
        options.limits.text_only = false;
        options.limits.outbox_bytes = 8 << 20; // a visitor may send more than it should
        unsigned status = 0;
        auto connection = connect(std::move(options), status);
        REQUIRE(connection);
        return {world, std::move(connection)};
    }

    /// A visitor who comes while the server may still be away, as its `Retry-After` says; within 10 s.
    visitor visit_when_ready() {
        for (int looks = 0; looks < 1000; ++looks) {
            unsigned status = 0;
            websocket::client_options options;
            options.subprotocol = "rejoinder.v1";
            if (auto connection = connect(std::move(options), status)) return {world, std::move(connection)};
            REQUIRE(status == 503);
            world.run(pass_time(&world.env(), milliseconds(10)));
        }
        throw std::runtime_error("the server does not come back");
    }

    /// A visitor who has been welcomed.
    visitor guest(const std::string& device = "guest") {
        auto someone = visit();
        someone.say(hello(device));
        REQUIRE(someone.hear("welcome").value("outcome", "") == "new");
        return someone;
    }

    /// The neighbour's next turn is answered as if nobody else were there.
    void check_neighbour() {
        auto text = "line " + std::to_string(++lines_);
        neighbour_.submit("neighbour-" + std::to_string(lines_), {{"text", text}});
        bool said = false;
        for (;;) {
            auto frame = world.get(neighbour_.receive(milliseconds(10'000)));
            REQUIRE(frame);
            CAPTURE(frame->dump());
            CHECK_FALSE(frame->contains("gap"));
            CHECK(frame->value("type", "") != "rejected");
            auto kind = frame->value("kind", "");
            if (kind == "say") said = frame->at("data").value("text", "") == text;
            if (kind == "turn.done") break;
        }
        CHECK(said);
    }

    real_environment world;
    std::unique_ptr<service::private_server> server;

private:
    service::session_client neighbour_;
    int lines_ = 0;
};

/// The visitor's turn is answered.
inline void check_turn(visitor& who, int number) {
    auto id = "turn-" + std::to_string(number);
    who.say(turn(id, number, "are you there?"));
    auto answer = who.hear("accepted");
    REQUIRE_FALSE(answer.is_null());
    CHECK(answer.value("turn", "") == id);
}

} // namespace rejoinder::tests
