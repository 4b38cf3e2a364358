// The sample coach through the real program, with servers that die and end on the way.

#include "service/client/session_client.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/statemachine/coach/conversation.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

/// How many records of a type are in a database that nobody serves.
std::uint64_t count_of(const std::string& type, const std::string& database) {
    auto run = run_program({"database", "stats", "--database", database, "--json"});
    CAPTURE(run.out, run.err);
    REQUIRE(run.status == 0);
    auto records = json::parse(run.out)["records"];
    return records.contains(type) ? records[type]["count"].get<std::uint64_t>() : 0;
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

TEST_CASE("the coach goes on over a server that is killed between two answers, which are all kept") {
    temporary_folder folder;
    auto database = "sqlite:" + folder.file("sessions.db");
    const std::vector<std::string> brief{"--set", "limits.drain-ms=0"};
    auto server = serve(database, brief);
    coached somebody;
    CHECK(somebody.come(server->url()) == "new");
    constexpr std::string_view last_before_the_kill = "two sisters and a noisy dog";
    constexpr std::string_view last_before_the_end = "skip";
    std::string answer;
    for (auto text : coaching_conversation) {
        CAPTURE(text);
        answer = somebody.say(std::string(text));
        CHECK_FALSE(answer.empty());
        if (text == last_before_the_kill) {
            server->kill();
            server = serve(database, brief);
            CHECK(somebody.come(server->url()) == "lossless");
        } else if (text == last_before_the_end) {
            CHECK(server->stop(milliseconds(10'000)) == 0);
            server = serve(database, brief);
            CHECK(somebody.come(server->url()) == "lossless");
        }
    }
    CHECK(somebody.state() == "accountability");
    auto told = somebody.say("What did I tell you?");
    for (const auto* part : {"harbour town", "two sisters and a noisy dog", "I repair clocks",
                             "growing tomatoes", "find the courage", "night owl", "brave"}) {
        CAPTURE(part);
        CHECK(has(told, part));
    }
    CHECK(has(somebody.say("my plan"), "open stage"));
    CHECK(server->stop(milliseconds(10'000)) == 0);

    for (const auto* type : {"identity", "identity_name", "coach_state", "coach_head", "action_log",
                             "action_item", "break", "user_data"}) {
        CAPTURE(type);
        CHECK(count_of(type, database) > 0);
    }
    CHECK(run_program({"database", "validate", "--database", database}).status == 0);
    CHECK(run_program({"database", "erase", "--database", database, "--account", "local", "--yes"}).status ==
          0);
    for (const auto* type :
         {"identity", "identity_name", "coach_state", "coach_head", "action_log", "action_item"})
        CHECK(count_of(type, database) == 0);
}
