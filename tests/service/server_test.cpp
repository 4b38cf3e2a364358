#include "service/server.hpp"

#include "persistence/memory/memory_database.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/faulty_database.hpp"
#include "tests/websocket/loopback.hpp"

#include <optional>

using namespace rejoinder;
using namespace rejoinder::tests;
using persistence::store_health;

namespace {

/// A service on a port of its own, over a database whose health the test decides.
struct served {
    loopback world;
    faulty_database database{world.env(), *persistence::open_memory_database(world.env(), {})};
    service::config options = free_port();
    service::server server{world.env(), database, {}, options};

    explicit served(std::optional<persistence::errc> reads_end_with = {}) {
        if (reads_end_with) database.fail_reads(*reads_end_with);
        REQUIRE(server.listen());
    }
    ~served() {
        if (!drained) world.run(server.drain(milliseconds(0)));
    }
    bool drained = false;

    /// The whole answer to a GET.
    std::string get(const std::string& path) { return world.get(ask(&world, server.port(), path)); }

private:
    static service::config free_port() {
        service::config options;
        options.listen = "127.0.0.1:0";
        return options;
    }

    static task<std::string> ask(loopback* world, std::uint16_t port, std::string path) {
        auto peer = co_await world->dial(port);
        co_await peer.write("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        co_await peer.read_answer();
        auto body = co_await peer.read_body();
        co_return peer.answer + body;
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("a server is ready while its store takes changes, and says in JSON why not when it doesn't") {
    served s;
    CHECK(has(s.get("/readyz"), " 200 "));
    for (auto [health, code] :
         {std::pair(store_health::lost, "store.lost"), std::pair(store_health::full, "store.full"),
          std::pair(store_health::busy, "store.busy"),
          std::pair(store_health::read_only, "store.read_only")}) {
        s.database.pretend(health);
        auto answer = s.get("/readyz");
        CAPTURE(answer);
        CHECK(has(answer, " 503 "));
        CHECK(has(answer, "application/json"));
        CHECK(has(answer, "\"code\":\"" + std::string(code) + "\""));
        CHECK(has(s.get("/healthz"), " 200 "));
    }
    s.database.pretend(store_health::usable);
    CHECK(has(s.get("/readyz"), " 200 "));
}

TEST_CASE("a server whose store can't be read is not ready, although nobody asks it for anything") {
    served s(persistence::errc::unavailable);
    auto answer = s.get("/readyz");
    CAPTURE(answer);
    CHECK(has(answer, " 503 "));
    CHECK(has(answer, "\"code\":\"store.unreadable\""));
}

TEST_CASE("a server that drains says so until the last client has left") {
    served s;
    auto guest = s.world.get(s.world.dial(s.server.port()));
    task_group tasks(s.world.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(s.server.drain(std::chrono::seconds(20)));
    auto answer = s.get("/readyz");
    CAPTURE(answer);
    CHECK(has(answer, " 503 "));
    CHECK(has(answer, "\"code\":\"server.draining\""));
    CHECK(has(s.get("/healthz"), " 200 "));
    guest.stream().close();
    s.world.run(tasks.join());
    s.drained = true;
}
