// The sample coach through the real program, with servers that die and end on the way.

#include "tests/e2e/conversation.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/statemachine/coach/conversation.hpp"
#include "tests/support/catch.hpp"
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

} // namespace

TEST_CASE("the coach goes on over a server that is killed between two answers, which are all kept") {
    temporary_folder folder;
    auto database = "sqlite:" + folder.file("sessions.db");
    const std::vector<std::string> brief{"--set", "limits.drain-ms=0"};
    auto server = serve(database, brief);
    conversation somebody("coach");
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
