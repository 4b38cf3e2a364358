// SIGTERM: clients are told, accepted turns are kept, and the program ends as it should.

#include "tests/e2e/logged_server.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/stored_sessions.hpp"
#include "tests/e2e/visit.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

constexpr milliseconds patience(10'000);

visitor welcomed(real_environment& world, const std::string& url, const std::string& device, json& welcome) {
    websocket::client_options options;
    options.url = url;
    options.subprotocol = "rejoinder.v1";
    auto connected = world.get(websocket::connect(world.env(), std::move(options)));
    REQUIRE(connected);
    visitor someone(world, std::move(*connected));
    someone.say(hello(device));
    welcome = someone.hear("welcome");
    REQUIRE(welcome.value("outcome", "") == "new");
    return someone;
}

/// A server that drains, and a client that knows it.
struct draining_server {
    explicit draining_server(const std::string& time)
        : server(serve("memory:", {"--set", "limits.drain-ms=" + time})),
          who(welcomed(world, server->url(), "guest", welcome)) {
        server->tell_to_end();
        REQUIRE_FALSE(who.hear("drain").is_null());
    }

    json welcome;
    real_environment world;
    std::unique_ptr<service::private_server> server;
    visitor who;
};

} // namespace

TEST_CASE("a drain tells every client its slot, closes who stays with 4001 and ends with status 0") {
    real_environment world;
    auto server = serve("memory:", {"--set", "limits.drain-ms=600"});
    json welcome;
    auto first = welcomed(world, server->url(), "first", welcome);
    auto second = welcomed(world, server->url(), "second", welcome);

    server->tell_to_end();
    std::vector<int> slots;
    for (auto* who : {&first, &second}) {
        auto drain = who->hear("drain");
        REQUIRE_FALSE(drain.is_null());
        CHECK(drain.value("deadline", 0) == 600);
        slots.push_back(drain.value("after", -1));
    }
    std::ranges::sort(slots);
    CHECK(slots == std::vector{0, 180}); // spread over 60 % of the time
    CHECK(first.hear_out() == 4001);
    CHECK(second.hear_out() == 4001);
    CHECK(server->wait(patience) == 0);
}

TEST_CASE("a drain ends as soon as the last client has left, and lets nobody new in") {
    draining_server here("60000");
    check_turn(here.who, 1); // until it leaves, it is served

    websocket::client_options options;
    options.url = here.server->url();
    options.subprotocol = "rejoinder.v1";
    auto late = here.world.get(websocket::connect(here.world.env(), std::move(options)));
    CHECK_FALSE(late);
    here.who.say(json{{"type", "bye"}, {"keep", true}});
    CHECK(here.who.hear_out() == 1000);
    CHECK(here.server->wait(patience) == 0);
}

TEST_CASE("a server whose log nobody reads any more drains and ends with status 0") {
    temporary_folder folder;
    auto pipe = folder.file("log");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    logged_server server(pipe, "info", {"--database", "memory:", "--set", "limits.drain-ms=600"});
    real_environment world;
    json welcome;
    auto who = welcomed(world, server->url(), "guest", welcome);

    ::close(reader); // as `tee` does at the Ctrl-C that the server gets as well
    server->tell_to_end();
    CHECK(who.hear("drain").value("deadline", 0) == 600);
    CHECK(who.hear_out() == 4001);
    CHECK(server->wait(patience) == 0);
}

TEST_CASE("a second SIGTERM ends a drain at once") {
    draining_server here("600000");
    CHECK(here.server->stop(patience) == 1); // -1 would be our patience's end
}

TEST_CASE("a SIGTERM before the service listens ends it like any program") {
    temporary_folder folder;
    auto config = folder.file("config.toml");
    REQUIRE(::mkfifo(config.c_str(), 0600) == 0);
    int writer =
        ::open(config.c_str(), O_RDWR | O_CLOEXEC); // so the program waits for a text that never comes
    REQUIRE(writer >= 0);
    program_surroundings around;
    around.meanwhile = [](int process) { ::kill(process, SIGTERM); };
    auto run = run_program({"serve", "--config", config}, around);
    ::close(writer);
    CHECK(run.signal == SIGTERM);
    CHECK(run.out.empty());
}

TEST_CASE("every turn that was accepted while the server drained is in the database") {
    temporary_folder folder;
    auto file = folder.file("sessions.db");
    real_environment world;
    auto server = serve("sqlite:" + file, {"--set", "limits.drain-ms=300"});
    json welcome;
    auto who = welcomed(world, server->url(), "guest", welcome);
    std::vector<std::string> accepted;
    auto submit = [&who](int from) {
        for (int number = from; number < from + 8; ++number)
            who.say(turn("turn-" + std::to_string(number), number, "before the end"));
    };
    submit(1);
    server->tell_to_end();
    for (int next = 9;;) {
        auto frame = who.hear();
        if (frame.is_null()) break;
        if (frame.value("type", "") != "accepted") continue;
        accepted.push_back(frame.value("turn", ""));
        if (accepted.size() % 8 == 0 && accepted.size() < 32) submit(std::exchange(next, next + 8));
    }
    CHECK(who.hear_out() == 4001);
    CHECK(server->wait(patience) == 0);

    auto stored = stored_sessions(file).session(welcome.at("session"));
    CHECK(accepted.size() >= 8);
    for (const auto& id : accepted) {
        CAPTURE(id);
        CHECK(std::ranges::count(stored.turns, id, &stored_session::turn::id) == 1);
    }
}
