// The sample coach through the real program: two of its phases, with a server that dies on the way.

#include "service/client/session_client.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

/// Somebody who is coached, over as many connections as it takes.
class coached {
public:
    /// Connects to a server; how the welcome went.
    std::string come(const std::string& url) {
        auto known = client_ ? client_->memory() : service::client_memory{"a-person", "", "", "", 0, 0};
        if (client_) world_.run(client_->cut());
        client_ = std::make_unique<service::session_client>(world_.env(), url, known);
        auto welcome = world_.get(client_->attach("coach"));
        REQUIRE(welcome);
        return welcome->value("outcome", "");
    }
    ~coached() { world_.run(client_->close()); }

    /// Says something; all that the coach says to it.
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
    real_environment world_;
    std::unique_ptr<service::session_client> client_;
    std::string state_;
    int turns_ = 0;
};

} // namespace

TEST_CASE(
    "the coach's two phases go on over a server that is killed between two answers, which are all kept") {
    temporary_folder folder;
    auto database = "sqlite:" + folder.file("sessions.db");
    const std::vector<std::string> brief{"--set", "limits.drain-ms=0"};
    auto server = serve(database, brief);
    coached somebody;
    CHECK(somebody.come(server->url()) == "new");
    CHECK(has(somebody.say("hello"), "Do you agree"));
    CHECK(has(somebody.say("yes"), "Are you ready?"));
    CHECK(has(somebody.say("I am ready"), "where you come from"));
    CHECK(has(somebody.say("I grew up on a lighthouse"), "Who is your family?"));
    CHECK_FALSE(somebody.say("two aunts and a goat").empty());
    CHECK(somebody.state() == "get_to_know_you.work_living");

    server->kill();
    server = serve(database, brief);
    CHECK(somebody.come(server->url()) == "lossless");
    CHECK_FALSE(somebody.say("I mend clocks").empty());
    CHECK(somebody.state() == "get_to_know_you.hobbies_interests");
    CHECK_FALSE(somebody.say("the stars").empty());
    CHECK(has(somebody.say("to find the time"), "identity warm-up"));
    CHECK(somebody.state() == "closing");

    CHECK(server->stop(milliseconds(10'000)) == 0);
    server = serve(database, brief);
    CHECK(somebody.come(server->url()) == "lossless");
    auto answers = somebody.say("What did I tell you?");
    for (const auto* answer : {"I grew up on a lighthouse", "two aunts and a goat", "I mend clocks",
                               "the stars", "to find the time"}) {
        CAPTURE(answer);
        CHECK(has(answers, answer));
    }
    CHECK(has(somebody.say("what comes next?"), "two lists"));
}
