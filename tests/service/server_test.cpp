#include "service/server.hpp"

#include "persistence/memory/memory_database.hpp"
#include "service/admin/loan.hpp"
#include "service/admin/remote_database.hpp"
#include "service/store_keeper.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/faulty_database.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/websocket/loopback.hpp"
#include "websocket/url.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

using namespace rejoinder;
using namespace rejoinder::tests;
using persistence::store_health;

namespace {

/// A service on a port of its own, over a database whose health the test decides.
struct served {
    loopback world;
    service::config options;
    service::store_keeper store{{}, [this](std::string& why) { return open(why); }};
    faulty_database* database = nullptr; ///< the one that is open
    bool opens = true;
    int opened = 0;
    service::server server;

    explicit served(std::optional<persistence::errc> reads_end_with = {},
                    service::credentials::access access = {}, const service::config& wanted = {})
        : options(on_free_port(wanted)), server(world.env(), store, {}, options, std::move(access)) {
        std::string why;
        REQUIRE(store.open(why));
        if (reads_end_with) database->fail_reads(*reads_end_with);
        REQUIRE(server.listen());
    }
    ~served() {
        if (!drained) world.run(server.drain(milliseconds(0)));
    }
    bool drained = false;

    /// Looks every 10 ms whether the server is ready, for 10 s at most.
    task<> until_ready() {
        for (int i = 0; i < 1000; ++i) {
            auto answer = co_await ask(&world, server.port(), "/readyz");
            if (answer.find(" 200 ") != answer.npos) co_return;
            auto passing = pass_time(&world.env(), milliseconds(10));
            co_await std::move(passing);
        }
        throw std::runtime_error("the server is not ready again");
    }

    /// The whole answer to a GET.
    std::string get(const std::string& path) { return get(server.port(), path); }
    std::string get(std::uint16_t port, const std::string& path) {
        return world.get(ask(&world, port, path));
    }

    std::uint16_t port_for_commands() { return websocket::parse_url(server.for_commands().url)->port; }

private:
    result<std::unique_ptr<persistence::database>> open(std::string& why) {
        if (!opens) {
            why = "somebody else has it";
            return persistence::errc::unavailable;
        }
        ++opened;
        auto made = std::make_unique<faulty_database>(world.env(),
                                                      *persistence::open_memory_database(world.env(), {}));
        database = made.get();
        return std::unique_ptr<persistence::database>(std::move(made));
    }
    static service::config on_free_port(service::config options) {
        options.listen = "127.0.0.1:0";
        options.echo = true;
        options.limits.drain = milliseconds(300);
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

std::unique_ptr<service::admin::loan> borrow(served& s, std::string* why = nullptr) {
    std::string unheard;
    auto lent =
        s.world.get(service::admin::borrow(&s.world.env(), s.server.for_commands(), why ? why : &unheard));
    return lent ? std::move(*lent) : nullptr;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

/// With a listener of their own for commands.
service::config commands_apart() {
    service::config options;
    options.admin_listen = "127.0.0.1:0";
    return options;
}

} // namespace

TEST_CASE("a server is ready while its store takes changes, and says in JSON why not when it doesn't") {
    served s;
    CHECK(has(s.get("/readyz"), " 200 "));
    for (auto [health, code] :
         {std::pair(store_health::lost, "store.lost"), std::pair(store_health::full, "store.full"),
          std::pair(store_health::busy, "store.busy"),
          std::pair(store_health::read_only, "store.read_only")}) {
        s.database->pretend(health);
        auto answer = s.get("/readyz");
        CAPTURE(answer);
        CHECK(has(answer, " 503 "));
        CHECK(has(answer, "application/json"));
        CHECK(has(answer, "\"code\":\"" + std::string(code) + "\""));
        CHECK(has(s.get("/healthz"), " 200 "));
    }
    s.database->pretend(store_health::usable);
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

TEST_CASE("a server that has lent its store serves nobody and says so, and goes on when it has it back") {
    served s({}, {}, GENERATE(service::config(), commands_apart()));
    websocket::client_options guest;
    guest.url = "ws://127.0.0.1:" + std::to_string(s.server.port()) + "/v1/echo";
    auto before = s.world.get(websocket::connect(s.world.env(), guest)).value();
    auto lent = borrow(s);
    REQUIRE(lent);
    CHECK(s.store.now() == nullptr);
    CHECK_FALSE(s.world.get(before->receive(milliseconds(10'000))));
    CHECK(before->closed_with()->code == 4001);

    CHECK(has(s.get("/healthz"), " 200 "));
    auto answer = s.get("/readyz");
    CAPTURE(answer);
    CHECK(has(answer, " 503 "));
    CHECK(has(answer, "\"code\":\"store.lent\""));
    unsigned status = 0;
    CHECK_FALSE(s.world.get(websocket::connect(s.world.env(), guest, &status)));
    CHECK(status == 503);

    SECTION("given back") {
        s.world.run(lent->give_back());
    }
    SECTION("by a command that was killed") {
        lent.reset();
    }
    s.world.run(s.until_ready());
    CHECK(s.opened == 2);
    auto after = s.world.get(websocket::connect(s.world.env(), guest)).value();
    s.world.run(after->cut());
}

TEST_CASE("a store that can't be opened when it comes back is tried again until it can") {
    served s;
    auto lent = borrow(s);
    REQUIRE(lent);
    s.opens = false;
    s.world.run(lent->give_back());
    CHECK(has(s.get("/readyz"), "\"code\":\"store.lent\""));
    s.opens = true;
    s.world.run(s.until_ready());
    CHECK(s.opened == 2);
}

TEST_CASE("a store is lent to one command at a time") {
    served s;
    std::string why;
    SECTION("that has it") {
        auto first = borrow(s);
        REQUIRE(first);
        CHECK_FALSE(borrow(s, &why));
        CHECK(has(why, "HTTP 503"));
        s.world.run(first->give_back());
        s.world.run(s.until_ready());
    }
    SECTION("and not while another one looks at it") {
        auto other = s.world.get(service::admin::open_remote(&s.world.env(), s.server.for_commands(), &why));
        REQUIRE(other);
        CHECK_FALSE(borrow(s, &why));
        CHECK(has(why, "another command is at work"));
        CHECK(has(s.get("/readyz"), " 200 "));
        s.world.run((*other)->close());
    }
    CHECK(borrow(s));
}

TEST_CASE("a store that can't be closed in order is not lent, and the server goes on") {
    served s;
    s.database->break_close();
    std::string why;
    CHECK_FALSE(borrow(s, &why));
    CHECK(has(why, "it could not end its sessions"));
    s.world.run(s.until_ready());
    CHECK(s.opened == 2);
    auto lent = borrow(s);
    REQUIRE(lent);
    s.world.run(lent->give_back());
}

TEST_CASE("a server that is told to end while its store is lent ends, and leaves the store alone") {
    served s({}, {}, GENERATE(service::config(), commands_apart()));
    auto lent = borrow(s);
    REQUIRE(lent);
    s.world.run(s.server.drain(milliseconds(0)));
    s.drained = true;
    CHECK(s.opened == 1);
    CHECK(s.store.now() == nullptr);
}

TEST_CASE("commands that have a listener of their own come in there, and nowhere else") {
    served s({}, {}, commands_apart());
    auto there = s.server.for_commands();
    auto port = s.port_for_commands();
    CHECK(port != s.server.port());
    std::string why;
    auto command = s.world.get(service::admin::open_remote(&s.world.env(), there, &why));
    CAPTURE(why);
    REQUIRE(command);
    s.world.run((*command)->close());

    auto elsewhere = there;
    elsewhere.url.replace(elsewhere.url.find(std::to_string(port)), std::to_string(port).size(),
                          std::to_string(s.server.port()));
    CHECK_FALSE(s.world.get(service::admin::open_remote(&s.world.env(), elsewhere, &why)));
    CHECK(has(why, "HTTP 404"));
    CHECK(has(s.get("/v1/admin/store"), " 404 "));
    for (const auto* path : {"/v1/session", "/v1/echo", "/v1/listen"})
        CHECK(has(s.get(port, path), " 404 "));
    for (const auto* path : {"/healthz", "/readyz"}) {
        CHECK(has(s.get(path), " 200 "));
        CHECK(has(s.get(port, path), " 200 "));
    }
}

TEST_CASE("figures are for the operator: on the listener for commands, or for this machine without one") {
    auto answers_with_figures = [](const std::string& answer) {
        CAPTURE(answer);
        CHECK(has(answer, " 200 "));
        CHECK(has(answer, "Content-Type: text/plain; version=0.0.4"));
        CHECK(has(answer, "# TYPE rejoinder_turns_refused_total counter\nrejoinder_turns_refused_total 0\n"));
        CHECK(has(answer, "# TYPE rejoinder_resident_bytes gauge\n"));
        CHECK(has(answer, "\nrejoinder_sessions 0\n"));
        CHECK(has(answer, "\nrejoinder_session_bytes 0\n"));
        CHECK(has(answer, "\nrejoinder_outbox_bytes 0\n"));
    };
    {
        served together;
        answers_with_figures(together.get("/metrics"));
        auto lent = borrow(together);
        REQUIRE(lent);
        auto answer = together.get("/metrics"); // of the server alone
        CHECK(has(answer, "\nrejoinder_connections "));
        CHECK_FALSE(has(answer, "rejoinder_sessions"));
        together.world.run(lent->give_back());
        together.world.run(together.until_ready());
    }
    served apart({}, {}, commands_apart());
    answers_with_figures(apart.get(apart.port_for_commands(), "/metrics"));
    CHECK(has(apart.get("/metrics"), " 404 "));
}

TEST_CASE("commands that have a listener of their own get in when clients have taken every place") {
    auto options = commands_apart();
    options.limits.listener.connections = 2;
    served s({}, {}, options);
    auto first = s.world.get(s.world.dial(s.server.port()));
    auto second = s.world.get(s.world.dial(s.server.port()));
    CHECK(has(s.get("/healthz"), " 503 "));
    std::string why;
    auto command = s.world.get(service::admin::open_remote(&s.world.env(), s.server.for_commands(), &why));
    CAPTURE(why);
    REQUIRE(command);
    s.world.run((*command)->close());
}

TEST_CASE("a server that has no address for its commands says so, and ends in order") {
    served taken;
    service::config options;
    options.listen = "127.0.0.1:0";
    options.admin_listen = "127.0.0.1:" + std::to_string(taken.server.port());
    service::server other(taken.world.env(), taken.store, {}, options);
    auto listening = other.listen();
    CHECK(listening.error() == boost::system::errc::address_in_use);
    CHECK(other.is_listening());
    taken.world.run(other.drain(milliseconds(0)));
}

TEST_CASE("pages may connect from listed origins where there are credentials, and from none without") {
    auto status_from = [](served& s, const char* origin) {
        websocket::client_options options;
        options.url = s.server.url();
        options.subprotocol = "rejoinder.v1";
        if (*origin) options.headers.emplace_back("Origin", origin);
        unsigned status = 0;
        auto connected = s.world.get(websocket::connect(s.world.env(), options, &status));
        if (!connected) return status;
        s.world.run((*connected)->cut());
        return 101U;
    };
    {
        served open;
        CHECK(status_from(open, "") == 101);
        CHECK(status_from(open, "https://app.example.org") == 403);
        CHECK(status_from(open, "null") == 403);
    }
    service::credentials::access access;
    access.configured.kind = service::credentials::kind::tokens;
    access.origins = {"https://app.example.org"};
    served guarded({}, access);
    CHECK(status_from(guarded, "") == 101);
    CHECK(status_from(guarded, "https://app.example.org") == 101);
    for (const auto* other : {"http://app.example.org", "https://evil.example.org", "null",
                              "https://app.example.org.evil.org", "https://APP.example.org"})
        CHECK(status_from(guarded, other) == 403);
}
