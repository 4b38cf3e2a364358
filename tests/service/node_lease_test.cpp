#include "service/node_lease.hpp"

#include "tests/service/talk.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;
using websocket::close_code;

namespace {

/// A server's registry beside others on one store.
struct server_of_many {
    server_of_many(house& h, const std::string& name, const std::string& url)
        : h_(h), limits(named(h.limits, name, url)), lease(h.env, h.database, limits) {
        machines.add(test_machine());
        sessions = std::make_unique<registry>(session_house{h.env, h.database, limits}, machines, &lease);
        h.tasks.spawn(lease.run());
        h.env.run_ready();
    }
    ~server_of_many() {
        h_.env.run(lease.give_up());
        h_.env.run(sessions->close());
        h_.env.run_ready();
    }

    std::unique_ptr<fake_socket> connect() {
        auto& shared =
            endpoints.emplace_back(endpoint_house{h_.env, *sessions, limits, verifier, h_.strangers,
                                                  h_.attempts, unattached, h_.attached, h_.tasks});
        return std::make_unique<fake_socket>(h_.env, std::make_unique<session_endpoint>(shared, "192.0.2.1"),
                                             limits.connection);
    }

    static settings named(settings limits, const std::string& name, const std::string& url) {
        limits.node = name;
        limits.node_url = url;
        return limits;
    }

    house& h_;
    settings limits;
    node_lease lease;
    machine_catalog machines;
    credentials::no_credentials verifier{account_id{"local"}};
    std::atomic<std::size_t> unattached = 0;
    std::unique_ptr<registry> sessions;
    std::list<endpoint_house> endpoints;
};

constexpr auto url_a = "ws://a.example.org/v1/session";
constexpr auto url_b = "ws://b.example.org/v1/session";

/// A session that server `at` has, and whose client is gone.
json left_session(house& h, server_of_many& at) {
    auto socket = at.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->vanish();
    h.env.run_ready();
    return welcome;
}

} // namespace

TEST_CASE("who comes to the wrong server is sent to the one that has the session") {
    house h;
    server_of_many a(h, "a", url_a);
    server_of_many b(h, "b", url_b);
    auto welcome = left_session(h, a);

    auto socket = b.connect();
    socket->say(house::resume(welcome, greeting));
    h.env.run_ready();
    auto error = socket->next();
    REQUIRE(error);
    CHECK((*error)["code"] == "session.moved");
    CHECK((*error)["to"] == url_a);
    CHECK(socket->closed_by_server() == close_code::moved);

    auto home = a.connect();
    CHECK(h.attach(*home, house::resume(welcome, greeting))["outcome"] == "lossless");
}

TEST_CASE("nobody learns where a session is that is not theirs") {
    house h;
    server_of_many a(h, "a", url_a);
    server_of_many b(h, "b", url_b);
    auto welcome = left_session(h, a);
    auto wrong = house::resume(welcome, greeting);
    wrong["resume"] = "rt1.guess";
    auto socket = b.connect();
    socket->say(wrong);
    h.env.run_ready();
    auto answer = socket->next();
    REQUIRE(answer);
    CHECK((*answer)["reason"] == "identity");
}

TEST_CASE("a server keeps its sessions as long as it lives, and gives them up before it ends") {
    house h;
    auto a = std::make_unique<server_of_many>(h, "a", url_a);
    server_of_many b(h, "b", url_b);
    auto welcome = left_session(h, *a);
    auto try_at_b = [&] {
        auto socket = b.connect();
        socket->say(house::resume(welcome, greeting));
        h.env.run_ready();
        return socket->next().value_or(json())["type"].get<std::string>();
    };
    SECTION("it renews its lease") {
        h.env.advance(milliseconds(60000));
        CHECK(try_at_b() == "error");
    }
    SECTION("it gives its sessions up before it ends") {
        a.reset();
        CHECK(try_at_b() == "welcome");
    }
}

TEST_CASE("a server that starts anew where it was finds its sessions its own, under any name") {
    house h;
    persistence::server_leases leases(h.database);
    persistence::change_set changes;
    changes.now = h.env.utc_now();
    changes.writes.push_back(
        *leases.renew("former", {url_a, "former-life", changes.now + milliseconds(15000)}, std::nullopt));
    REQUIRE(h.env.run(h.database.commit(std::move(changes))).committed());
    server_of_many a(h, "a", url_a);
    server_of_many b(h, "b", url_b);
    CHECK(h.env.run(a.lease.home_of("former")).value().empty());
    CHECK(h.env.run(b.lease.home_of("former")).value() == url_a);
    h.env.advance(milliseconds(15000));
    CHECK(h.env.run(b.lease.home_of("former")).value().empty());
}

TEST_CASE("a second server of a name gives no word, so that nobody is sent to the wrong one") {
    house h;
    server_of_many first(h, "a", url_a);
    server_of_many second(h, "a", url_b);
    server_of_many other(h, "c", "ws://c.example.org/v1/session");
    h.env.advance(milliseconds(20000));
    CHECK(h.env.run(other.lease.home_of("a")).value() == url_a);
}

TEST_CASE("a server without an address of its own writes nothing, and loses its sessions to who asks") {
    house h;
    auto before = h.database.commits();
    server_of_many a(h, "a", "");
    server_of_many b(h, "b", url_b);
    auto welcome = left_session(h, a);
    CHECK(h.database.commits() == before + 2); // b's lease, and the session
    auto socket = b.connect();
    CHECK(h.attach(*socket, house::resume(welcome, greeting))["outcome"] == "lossless");
}

TEST_CASE("a lease that was given before the clock was set back holds nothing") {
    house h;
    server_of_many a(h, "a", url_a);
    server_of_many b(h, "b", url_b);
    CHECK(h.env.run(b.lease.home_of("a")).value() == url_a);
    h.env.jump_utc(milliseconds(-600000));
    CHECK(h.env.run(b.lease.home_of("a")).value().empty());
    h.env.advance(h.limits.lease / 3);
    CHECK(h.env.run(b.lease.home_of("a")).value() == url_a); // it was renewed
}

TEST_CASE("a server gives up its own lease alone") {
    house h;
    server_of_many first(h, "a", url_a);
    server_of_many other(h, "c", "ws://c.example.org/v1/session");
    {
        server_of_many second(h, "a", url_b); // the name is taken, so it has none
    }
    CHECK(h.env.run(other.lease.home_of("a")).value() == url_a);
}
