#include "service/client/returning_client.hpp"

#include "persistence/memory/memory_database.hpp"
#include "tests/service/house.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/node.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::tests::simulation;

namespace {

/// Keeps what a client is told.
struct notebook final : service::client_listener {
    void on_welcome(const json& welcome) override { outcomes.push_back(welcome.value("outcome", "")); }
    void on_event(const json& event) override {
        numbers.push_back(event.value("seq", 0));
        if (event.value("kind", "") == "say") said.push_back(event["data"].value("text", ""));
    }
    void on_settled(const std::string& turn, const json& answer) override {
        settled.push_back(turn);
        answers.push_back(answer.value("type", ""));
    }
    void on_away(const service::absence& how) override {
        codes.push_back(how.code);
        pauses.push_back(how.pause);
    }

    std::vector<std::string> outcomes;
    std::vector<int> numbers;
    std::vector<std::string> said;
    std::vector<std::string> settled;
    std::vector<std::string> answers;
    std::vector<std::uint16_t> codes;
    std::vector<milliseconds> pauses;
};

/// One server on a network, and one client of it, in a calm.
class scene {
public:
    explicit scene(std::size_t under_way = 1)
        : store_(*persistence::open_memory_database(env, {})),
          net(env, luck_, weather_, trace_),
          client(env, net.dialer_of("d"), "ws://simulated/v1/session", memory(), "parrot", notes, under_way),
          tasks_(env.get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }) {
        machines_.add(test_machine());
        options.limits.attach_attempts_per_minute = options.limits.attach_attempts_burst = 1e6;
        start_server();
        tasks_.spawn(keep_end());
        env.advance(milliseconds(100));
    }
    ~scene() {
        client.leave();
        env.run(tasks_.join());
        stop_server();
        env.run(net.close());
    }

    void start_server() {
        auto store = std::make_unique<simulated_database>(env, *store_, luck_, weather_, trace_, "node",
                                                          simulated_database::rules{});
        server = std::make_unique<node>(env, net, std::move(store), machines_, options, "node");
    }
    void stop_server() {
        if (server) env.run(server->drain(milliseconds(0)));
        server.reset();
    }
    void say(const std::string& id, const std::string& text) { REQUIRE(client.submit(id, {{"text", text}})); }

    manual_environment env;
    service::config options;

private:
    static service::client_memory memory() {
        service::client_memory fresh;
        fresh.device = "d";
        return fresh;
    }
    task<> keep_end() {
        auto running = client.run();
        end = co_await std::move(running);
    }

    chance luck_{1};
    weather weather_;
    trace trace_{env};
    service::machine_catalog machines_;
    std::unique_ptr<persistence::database> store_;

public:
    network net;
    notebook notes;
    service::returning_client client;
    std::unique_ptr<node> server;
    std::optional<service::client_end> end;

private:
    task_group tasks_;
};

} // namespace

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
    service::returning_client client(s.env, s.net.dialer_of("d-2"), "ws://simulated/v1/session", stranger,
                                     std::nullopt, notes);
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
