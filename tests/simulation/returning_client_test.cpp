#include "service/client/returning_client.hpp"

#include "tests/simulation/scene.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::tests::simulation;

TEST_CASE("a client says its turns one by one, and each is settled when its events have been given") {
    scene s;
    s.say("t-1", "one");
    s.say("t-2", "two");
    CHECK(s.client.open_turns() == 2);
    s.env.advance(milliseconds(200));
    CHECK(s.notes.outcomes == std::vector<std::string>{"new"});
    CHECK(s.notes.said == std::vector<std::string>{"Hello.", "You said one.", "You said two."});
    CHECK(s.notes.settled == std::vector<std::string>{"t-1", "t-2"});
    CHECK(s.client.open_turns() == 0);
}

TEST_CASE("a turn whose answer was lost with the connection is answered after it, and was taken once") {
    scene s;
    auto cut_after = GENERATE(1, 4, 7, 10, 13, 16, 30);
    CAPTURE(cut_after);
    s.say("t-1", "one");
    s.env.advance(milliseconds(cut_after));
    s.net.cut_one();
    s.env.advance(milliseconds(2'000));
    CHECK(s.notes.codes == std::vector<std::uint16_t>{1006});
    CHECK(s.notes.settled == std::vector<std::string>{"t-1"});
    CHECK(s.notes.said == std::vector<std::string>{"Hello.", "You said one."});
    for (std::size_t i = 0; i < s.notes.numbers.size(); ++i)
        CHECK(s.notes.numbers[i] == static_cast<int>(i) + 1);
}

TEST_CASE("pauses between attempts grow up to half a minute, and all are left to chance") {
    scene s;
    s.stop_server();
    s.env.advance(std::chrono::minutes(10));
    auto& pauses = s.notes.pauses;
    REQUIRE(pauses.size() > 10);
    CHECK(pauses[0] <= milliseconds(500));
    CHECK(pauses[1] <= milliseconds(1'000));
    CHECK(pauses[2] <= milliseconds(2'000));
    CHECK(std::ranges::max(pauses) <= milliseconds(30'000));
    CHECK(std::ranges::max(pauses) > milliseconds(10'000));
    CHECK(std::ranges::adjacent_find(pauses) == pauses.end());
    s.start_server();
    s.env.advance(milliseconds(31'000));
    CHECK(s.client.attached());
    CHECK(s.notes.outcomes == std::vector<std::string>{"new", "lossless"});
}

TEST_CASE("a server that says nothing any more is left after a missed heartbeat") {
    scene s;
    s.net.silence_one();
    s.env.advance(milliseconds(32'000));
    CHECK(s.client.attached());
    s.env.advance(milliseconds(4'000));
    CHECK(s.notes.outcomes == std::vector<std::string>{"new", "lossless"});
}

TEST_CASE("as many turns as wished are under way at once, and each is settled") {
    scene s(4);
    for (int i = 1; i <= 12; ++i)
        s.say("t-" + std::to_string(i), std::to_string(i));
    s.env.advance(milliseconds(1));
    s.net.cut_one();
    s.env.advance(milliseconds(3'000));
    CHECK(s.notes.settled.size() == 12);
    CHECK(s.notes.said.size() == 13);
    CHECK(std::ranges::all_of(s.notes.answers, [](const auto& type) { return type != "rejected"; }));
}

TEST_CASE("more turns than a client keeps are the caller's to hold back") {
    scene s;
    s.stop_server();
    for (std::size_t i = 0; i < service::returning_client::most_turns; ++i)
        s.say("t-" + std::to_string(i), "hello");
    CHECK_FALSE(s.client.submit("one-more", {{"text", "hello"}}));
}

TEST_CASE("a client that is told to leave while it connects leaves") {
    scene s;
    notebook notes;
    service::client_memory memory;
    memory.device = "d-2";
    service::returning_client client(s.env, {"ws://simulated/v1/session", {}, s.net.dialer_of("d-2")}, memory,
                                     "parrot", notes);
    task_group tasks(s.env.get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); });
    auto run = [&]() -> task<> { co_await client.run(); };
    tasks.spawn(run());
    s.env.run_ready();
    client.leave();
    s.env.run(tasks.join());
    CHECK_FALSE(client.attached());
}

TEST_CASE("a client whose session has ended stops, and says why") {
    scene s;
    s.say("t-1", "goodbye");
    s.env.advance(milliseconds(3'000));
    CHECK(s.notes.settled == std::vector<std::string>{"t-1"});
    REQUIRE(s.end);
    CHECK(s.end->how == service::departure::closed);
    CHECK(s.end->code == 4504);
}

TEST_CASE("a client for whom there is no session stops, and says why") {
    scene s;
    service::client_memory stranger;
    stranger.device = "d-2";
    stranger.session = "01KD2TA04JBEFNRG6FYQPMZRGA";
    notebook notes;
    service::returning_client client(s.env, {"ws://simulated/v1/session", {}, s.net.dialer_of("d-2")},
                                     stranger, std::nullopt, notes);
    auto end = s.env.run(client.run());
    CHECK(end.how == service::departure::refused);
    CHECK(end.reason == "unknown");
}

TEST_CASE("a client leaves a server that drains at its slot, and comes back to the next one") {
    scene s;
    s.say("t-1", "one");
    s.env.advance(milliseconds(100));
    s.env.run(s.server->drain(milliseconds(10'000)));
    s.server.reset();
    CHECK_FALSE(s.client.attached());
    s.start_server();
    s.env.advance(milliseconds(5'000));
    CHECK(s.client.attached());
    CHECK(s.notes.outcomes == std::vector<std::string>{"new", "lossless"});
}
