#pragma once

#include "service/client/session_client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"

#include <memory>
#include <string>
#include <utility>

namespace rejoinder::tests {

/// Somebody who talks with a machine, over as many connections as it takes.
class conversation {
public:
    explicit conversation(std::string machine) : machine_(std::move(machine)) {}
    ~conversation() {
        if (client_) world_.run(client_->close());
    }
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;

    /// Connects to a server; how the welcome went.
    std::string come(const std::string& url) {
        auto known = client_ ? client_->memory() : service::client_memory{"a-person", "", "", "", 0, 0};
        if (client_) world_.run(client_->cut());
        client_ = std::make_unique<service::session_client>(world_.env(), url, known);
        auto welcome = world_.get(client_->attach(machine_));
        REQUIRE(welcome);
        return welcome->value("outcome", "");
    }

    /// Says something; all that is said to it, a line each.
    std::string say(const std::string& text) {
        client_->submit("turn-" + std::to_string(++turns_), {{"text", text}});
        std::string answer;
        for (;;) {
            auto frame = world_.get(client_->receive(milliseconds(10'000)));
            REQUIRE(frame);
            CAPTURE(frame->dump());
            CHECK_FALSE(frame->contains("gap"));
            auto kind = frame->value("kind", "");
            if (kind == "say" || kind == "ask") answer += frame->at("data").value("text", "") + "\n";
            if (kind == "state") state_ = frame->at("data").value("value", "");
            if (kind == "turn.done") return answer;
            REQUIRE(kind != "turn.failed");
            REQUIRE(frame->value("type", "") != "rejected");
        }
    }

    const std::string& state() const { return state_; }

private:
    std::string machine_;
    real_environment world_;
    std::unique_ptr<service::session_client> client_;
    std::string state_;
    int turns_ = 0;
};

} // namespace rejoinder::tests
