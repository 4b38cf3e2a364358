// A whole server and whole clients in virtual time, with a store that stands still for a while.

#include "persistence/memory/memory_database.hpp"
#include "service/client/returning_client.hpp"
#include "service/server.hpp"
#include "tests/service/house.hpp"
#include "tests/websocket/raw_peer.hpp"
#include "websocket/pipe.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// Keeps what a client is told, and how many turns were sent for that.
struct diary final : service::client_listener {
    void on_event(const json& event) override {
        if (event.value("kind", "") == "say") said.push_back(event["data"].value("text", ""));
    }
    void on_settled(const std::string&, const json& answer) override {
        settled.push_back(answer.value("type", ""));
    }
    void on_away(const service::absence&) override { ++times_away; }

    std::vector<std::string> said;
    std::vector<std::string> settled;
    int times_away = 0;
};

class served_by_pipe {
public:
    served_by_pipe() {
        machines.add(test_machine());
        options.database = "memory:";
        std::string why;
        REQUIRE(store.open(why));
        server.emplace(env, store, machines, options);
        auto open = [this](environment& in, const websocket::listener_options& wanted,
                           websocket::router route) -> result<std::unique_ptr<websocket::listener>> {
            auto opened = websocket::open_pipe_listener(in, wanted.limits, std::move(route));
            pipes = opened.get();
            return opened;
        };
        REQUIRE(server->listen(open).has_value());
    }
    ~served_by_pipe() {
        for (auto& one : clients)
            one->leave();
        env.advance(std::chrono::seconds(3));
        env.run(server->drain(milliseconds(0)));
        env.run(tasks.join());
        server.reset();
        env.run(store.close());
    }

    /// A client that is attached.
    service::returning_client& join(diary& notes) {
        auto dial = [this](websocket::client_options wanted) {
            return websocket::connect_pipe(env, connect(), std::move(wanted));
        };
        service::client_memory fresh;
        fresh.device = "d-" + std::to_string(clients.size());
        clients.push_back(std::make_unique<service::returning_client>(
            env, service::server_place{"ws://pipe/v1/session", {}, dial}, fresh, "parrot", notes));
        tasks.spawn(run(clients.back().get()));
        env.advance(milliseconds(100));
        REQUIRE(clients.back()->attached());
        return *clients.back();
    }

    /// What /metrics says of a figure.
    std::string metric(const std::string& name) {
        raw_peer<websocket::pipe_stream> peer(connect());
        env.run(peer.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        REQUIRE(env.run(peer.read_answer()) == 200);
        auto body = env.run(peer.read_body());
        CHECK(body.find("# TYPE " + name + " ") != body.npos);
        auto begin = body.find("\n" + name + " ") + name.size() + 2;
        return body.substr(begin, body.find('\n', begin) - begin);
    }

    manual_environment env;
    service::machine_catalog machines;
    service::config options;
    faulty_database* database = nullptr;
    service::store_keeper store{{}, [this](std::string&) { return open_store(); }};
    std::optional<service::server> server;
    websocket::pipe_listener* pipes = nullptr;
    std::deque<std::unique_ptr<service::returning_client>> clients;
    task_group tasks{env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); }};

private:
    websocket::pipe_stream connect() {
        auto [near, far] = websocket::pipe_stream::make_pair(env.get_executor());
        pipes->serve(std::move(far));
        return std::move(near);
    }
    result<std::unique_ptr<persistence::database>> open_store() {
        auto made = std::make_unique<faulty_database>(env, *persistence::open_memory_database(env, {}));
        database = made.get();
        return std::unique_ptr<persistence::database>(std::move(made));
    }
    static task<> run(service::returning_client* client) {
        auto running = client->run();
        co_await std::move(running);
    }
};

} // namespace

TEST_CASE("clients whose turns are refused come again when they may, and every turn happens once") {
    served_by_pipe s;
    constexpr int crowd = 12;
    std::vector<diary> notes(crowd);
    for (auto& one : notes)
        s.join(one);
    auto commits = s.database->commits();
    s.database->hold_commits();
    REQUIRE(s.clients[0]->submit("t-0", {{"text", "0"}}));
    s.env.advance(milliseconds(1000));
    for (int i = 1; i < crowd; ++i)
        REQUIRE(s.clients[static_cast<std::size_t>(i)]->submit("t-" + std::to_string(i),
                                                               {{"text", std::to_string(i)}}));
    // Each was told to stay away for as long as the lag, which was a second, or longer.
    s.env.advance(milliseconds(999));
    CHECK(s.metric("rejoinder_turns_refused_total") == "11");
    CHECK(s.metric("rejoinder_commit_lag_seconds") == "1.999");
    CHECK(s.database->held() == 1);
    s.database->release_commits();
    s.env.advance(milliseconds(5000));
    CHECK(s.metric("rejoinder_commit_lag_seconds") == "0");
    CHECK(s.metric("rejoinder_sessions") == "12");
    CHECK(s.metric("rejoinder_connections") == "13"); // with the one that asks
    CHECK(s.database->commits() >= commits + crowd);
    for (int i = 0; i < crowd; ++i) {
        const auto& one = notes[static_cast<std::size_t>(i)];
        CAPTURE(i);
        CHECK(one.said == std::vector<std::string>{"Hello.", "You said " + std::to_string(i) + "."});
        CHECK(one.settled == std::vector<std::string>{"accepted"});
        CHECK(one.times_away == 0);
    }
}

namespace {

/// Lets anybody in, and rejects each turn when it comes for the first time.
class rejecting final : public websocket::connection_handler {
public:
    using attempts = std::vector<std::pair<std::string, milliseconds>>;

    rejecting(environment& env, attempts& seen) : env_(env), seen_(seen), began_(env.steady_now()) {}

    void on_open(websocket::connection& peer) override { peer_ = &peer; }
    void on_text(std::string_view text) override {
        auto frame = json::parse(text);
        if (frame["type"] == "hello") {
            peer_->send(R"({"type":"welcome","outcome":"new","session":"s","generation":1,"epoch":"e",)"
                        R"("head":0,"floor":1,"resume":"r","last_number":0,"heartbeat":25000,"credit":8})");
        } else if (frame["type"] == "turn") {
            seen_.emplace_back(frame["id"], env_.steady_now() - began_);
            json answer = {
                {"type", "rejected"}, {"turn", frame["id"]}, {"code", "overloaded"}, {"retry", true}};
            answer["after"] = frame["id"] == "t-1" ? 1000 : 5000;
            peer_->send(to_text(answer));
        }
    }
    void on_closed(const websocket::closed&) override {}

private:
    environment& env_;
    attempts& seen_;
    steady_time began_;
    websocket::connection* peer_ = nullptr;
};

} // namespace

TEST_CASE("a client with several turns under way sends each again when that one may come") {
    manual_environment env;
    rejecting::attempts seen;
    auto route = [&](const websocket::request&) -> websocket::routing {
        return websocket::accept_upgrade{std::make_unique<rejecting>(env, seen), {}, "rejoinder.v1"};
    };
    auto server = websocket::open_pipe_listener(env, {}, route);
    auto dial = [&](websocket::client_options wanted) {
        auto [near, far] = websocket::pipe_stream::make_pair(env.get_executor());
        server->serve(std::move(far));
        return websocket::connect_pipe(env, std::move(near), std::move(wanted));
    };
    service::client_memory fresh;
    fresh.device = "d-1";
    diary notes;
    service::returning_client client(env, {"ws://pipe/v1/session", {}, dial}, fresh, "parrot", notes, 2);
    REQUIRE(client.submit("t-1", {{"text", "one"}}));
    REQUIRE(client.submit("t-2", {{"text", "two"}}));
    task_group tasks(env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    auto run = [&]() -> task<> { co_await client.run(); };
    tasks.spawn(run());
    env.advance(milliseconds(2500));
    using attempt = rejecting::attempts::value_type;
    CHECK(seen == rejecting::attempts{attempt("t-1", 0), attempt("t-2", 0), attempt("t-1", 1000),
                                      attempt("t-1", 2000)});
    client.leave();
    env.advance(std::chrono::seconds(15));
    env.run(tasks.join());
    env.run(server->close(websocket::close_code::going_away, "", milliseconds(0)));
}
