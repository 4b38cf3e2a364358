// A server with several loops: sessions are pinned to them, and the sockets of clients and robots come to
// where their sessions live.

#include "service/admin/loan.hpp"
#include "tests/service/many_loops.hpp"
#include "websocket/url.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

constexpr std::size_t loops = 4;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

/// Attaches, takes some turns, and hangs up without a word.
task<> visit(many_loops* of, std::size_t who, service::client_memory* memory, int turns, int* done) {
    auto client = of->client(*memory);
    auto attaching = client->attach("parrot");
    auto welcome = co_await std::move(attaching);
    if (!welcome) throw std::runtime_error("no welcome");
    bool is_new = memory->session.empty();
    auto outcome = welcome->value("outcome", "");
    if (is_new ? outcome != "new" : outcome != "lossless" && outcome != "replayed")
        throw std::runtime_error("welcomed as " + outcome);
    for (int i = 0; i < turns; ++i) {
        auto id = "t-" + std::to_string(who) + "-" + std::to_string(client->memory().last_number + 1);
        auto taking = take_turn(client.get(), id);
        auto end = co_await std::move(taking);
        if (!end.is_null()) ++*done;
    }
    *memory = client->memory();
    co_await client->cut();
}

} // namespace

TEST_CASE("clients come back again and again to sessions of several loops, and each turn is taken once") {
    auto of = GENERATE(many_loops::store::sqlite, many_loops::store::memory);
    many_loops s(loops, of);
    static constexpr std::size_t clients = 48;
    static constexpr int visits = 4;
    static constexpr int turns = 3;
    std::vector<service::client_memory> memories;
    for (std::size_t i = 0; i < clients; ++i)
        memories.push_back(s.device("d-" + std::to_string(i)));
    int done = 0;
    for (int v = 0; v < visits; ++v)
        s.run_all(clients, [&](std::size_t i) { return visit(&s, i, &memories[i], turns, &done); });
    CHECK(done == static_cast<int>(clients) * visits * turns);
    std::set<std::string> sessions;
    std::set<std::size_t> homes;
    for (const auto& memory : memories) {
        sessions.insert(memory.session);
        homes.insert(service::placement(0, loops).home_of(session_id{memory.session}));
        // What the parrot says at its birth, and of each turn what it says, its state and its end.
        CHECK(memory.last_number == visits * turns);
    }
    CHECK(sessions.size() == clients);
    CHECK(homes.size() == loops);
    CHECK(s.server->live_sessions() == clients);
    for (int i = 0; i < 8; ++i) { // whichever loop is asked
        CHECK(has(s.get("/metrics"), "\nrejoinder_sessions " + std::to_string(clients) + "\n"));
        CHECK(has(s.get("/readyz"), " 200 "));
    }
}

TEST_CASE("of clients that race for one session from several loops exactly one controls it") {
    auto how = GENERATE(milliseconds(60'000), milliseconds(10));
    service::config options;
    options.limits.idle_deactivation = how; // with the second it leaves memory between two races
    many_loops s(loops, many_loops::store::sqlite, options);
    auto memory = s.device("d-1");
    int done = 0;
    s.run_all(1, [&](std::size_t) { return visit(&s, 0, &memory, 1, &done); });

    static constexpr std::size_t rivals = 6;
    for (int round = 0; round < 8; ++round) {
        if (how < milliseconds(1000)) s.run_until([&] { return s.server->live_sessions() == 0; });
        std::vector<std::unique_ptr<service::session_client>> clients;
        for (std::size_t i = 0; i < rivals; ++i)
            clients.push_back(s.client(memory));
        std::size_t welcomed = 0;
        auto attach = [](service::session_client* by, std::size_t* count) -> task<> {
            auto attaching = by->attach({});
            auto welcome = co_await std::move(attaching);
            if (welcome && welcome->value("outcome", "") == "refused") throw std::runtime_error("refused");
            if (welcome) ++*count;
        };
        s.run_all(rivals, [&](std::size_t i) { return attach(clients[i].get(), &welcomed); });
        CHECK(welcomed >= 1);
        // Those that were taken over hear of it; what the others say is nothing.
        auto hear_out = [](service::session_client* by) -> task<> {
            for (int quiet = 0; quiet < 3 && by->connected();) {
                auto frame = co_await by->receive(milliseconds(100));
                if (!frame) ++quiet;
            }
        };
        s.run_all(rivals, [&](std::size_t i) { return hear_out(clients[i].get()); });
        auto in_control = std::ranges::count_if(clients, [](auto& one) { return one->connected(); });
        CHECK(in_control == 1);
        for (auto& one : clients) {
            if (!one->connected()) {
                CHECK(one->close_code() == 4502);
                continue;
            }
            auto end = s.world.get(take_turn(one.get(), "race-" + std::to_string(round)));
            CHECK_FALSE(end.is_null());
            memory = one->memory();
        }
        s.run_all(rivals, [&](std::size_t i) { return clients[i]->cut(); });
    }
    CHECK(memory.last_number == 9);
}

TEST_CASE("a client that is sent away twice is, on whichever loops its sessions would live") {
    many_loops s(loops, many_loops::store::sqlite);
    auto talk = [](many_loops* of) -> task<> {
        websocket::client_options options;
        options.url = of->server->url();
        options.subprotocol = "rejoinder.v1";
        auto connecting = websocket::connect(of->world.env(), options);
        auto peer = co_await std::move(connecting);
        REQUIRE(peer);
        // Two sessions that nobody has, on different loops.
        for (const auto* session : {"01AAAAAAAAAAAAAAAAAAAAAAAA", "01AAAAAAAAAAAAAAAAAAAAAAAC"}) {
            json hello{{"type", "hello"}, {"protocol", 1}, {"device", "d"}, {"session", session}};
            (*peer)->send(to_text(hello));
            auto heard = co_await (*peer)->receive(milliseconds(10'000));
            REQUIRE(heard);
            CHECK(json::parse(*heard).value("outcome", "") == "refused");
        }
        auto nothing = co_await (*peer)->receive(milliseconds(10'000));
        CHECK_FALSE(nothing);
        REQUIRE((*peer)->closed_with());
        CHECK((*peer)->closed_with()->code == 4002);
        co_await (*peer)->cut();
    };
    CHECK(service::placement(0, loops).home_of("01AAAAAAAAAAAAAAAAAAAAAAAA") !=
          service::placement(0, loops).home_of("01AAAAAAAAAAAAAAAAAAAAAAAC"));
    s.world.run(talk(&s));
}

TEST_CASE("commands reach the store from whichever loop they come to, and may have it") {
    many_loops s(loops, many_loops::store::sqlite);
    std::vector<service::client_memory> memories;
    for (std::size_t i = 0; i < 12; ++i)
        memories.push_back(s.device("d-" + std::to_string(i)));
    int done = 0;
    s.run_all(12, [&](std::size_t i) { return visit(&s, i, &memories[i], 1, &done); });
    std::string why;
    for (int i = 0; i < 12; ++i) {
        auto command =
            s.world.get(service::admin::open_remote(&s.world.env(), s.server->for_commands(), &why));
        CAPTURE(why);
        REQUIRE(command);
        auto found = s.world.get((*command)->walk_sessions({}, 100));
        CHECK((found && found->size() == 12));
        s.world.run((*command)->close());
    }
    for (int i = 0; i < 3; ++i) {
        auto lent = s.world.get(service::admin::borrow(&s.world.env(), s.server->for_commands(), &why));
        CAPTURE(why);
        REQUIRE(lent);
        CHECK(s.server->live_sessions() == 0);
        for (int asked = 0; asked < 8; ++asked)
            CHECK(has(s.get("/readyz"), "\"code\":\"store.lent\""));
        s.world.run((*lent)->give_back());
        auto opened = i + 2;
        s.run_until([&] { return s.opened == opened && has(s.get("/readyz"), " 200 "); });
        s.run_all(12, [&](std::size_t one) { return visit(&s, one, &memories[one], 1, &done); });
    }
    CHECK(done == 12 * 4);
}

TEST_CASE("a robot's connections find its dialogue, also where another number of loops has begun it") {
    temporary_folder folder;
    service::config options;
    options.robot_machine = "robot";
    auto ask = [](many_loops* of, std::string robot, std::string transaction, int* answered) -> task<> {
        websocket::client_options to;
        to.url = "ws://127.0.0.1:" + std::to_string(of->server->port()) + "/v1/listen";
        to.headers.emplace_back("Authorization", "Bearer " + robot);
        auto connecting = websocket::connect(of->world.env(), to);
        auto peer = co_await std::move(connecting);
        if (!peer) throw std::runtime_error("a robot is not let in");
        json listen{
            {"type", "LISTEN"},
            {"ts", 1},
            {"transID", transaction},
            {"msgID", transaction + "-1"},
            {"data", {{"rules", {"launch"}}, {"asr", {{"sosTimeout", 7000}, {"maxSpeechTimeout", 20000}}}}}};
        json heard{{"type", "CLIENT_ASR"},
                   {"ts", 1},
                   {"transID", transaction},
                   {"msgID", transaction + "-2"},
                   {"data", {{"text", "tell me a joke"}}}};
        (*peer)->send(to_text(listen));
        (*peer)->send(to_text(heard));
        while (auto frame = co_await (*peer)->receive(milliseconds(15'000)))
            if (json::parse(*frame).value("type", "") == "SKILL_ACTION") {
                ++*answered;
                break;
            }
        co_await (*peer)->cut();
    };
    static constexpr std::size_t robots = 10;
    int answered = 0;
    int turn = 0;
    for (std::size_t with : {std::size_t(1), loops, std::size_t(3)}) {
        many_loops s(with, many_loops::store::sqlite, options, &folder);
        for (int i = 0; i < 3; ++i, ++turn)
            s.run_all(robots, [&](std::size_t who) {
                return ask(&s, "robot-" + std::to_string(who), "tr-" + std::to_string(turn), &answered);
            });
        CHECK(s.server->live_sessions() == robots);
        std::string why;
        auto command =
            s.world.get(service::admin::open_remote(&s.world.env(), s.server->for_commands(), &why));
        REQUIRE(command);
        auto sessions = s.world.get((*command)->walk_sessions({}, 100));
        CHECK((sessions && sessions->size() == robots));
        s.world.run((*command)->close());
    }
    CHECK(answered == static_cast<int>(robots) * 9);
}

TEST_CASE("timers of sessions that sleep fire, on whichever loops those live") {
    service::config options;
    options.limits.idle_deactivation = milliseconds(10);
    many_loops s(loops, many_loops::store::sqlite, options);
    static constexpr std::size_t eggs = 16;
    auto boil = [](many_loops* of, service::client_memory* memory) -> task<> {
        auto client = of->client(*memory);
        auto attaching = client->attach("eggs");
        auto welcome = co_await std::move(attaching);
        if (!welcome) throw std::runtime_error("no welcome");
        auto taking = take_turn(client.get(), "boil");
        auto end = co_await std::move(taking);
        CHECK_FALSE(end.is_null());
        *memory = client->memory();
        co_await client->cut();
    };
    auto look = [](many_loops* of, const service::client_memory* memory, std::size_t* rung) -> task<> {
        auto client = of->client(*memory);
        auto attaching = client->attach({});
        auto welcome = co_await std::move(attaching);
        if (!welcome) throw std::runtime_error("no welcome");
        if (welcome->value("head", std::uint64_t(0)) > memory->seen) ++*rung;
        co_await client->cut();
    };
    std::vector<service::client_memory> memories;
    for (std::size_t i = 0; i < eggs; ++i)
        memories.push_back(s.device("d-" + std::to_string(i)));
    s.run_all(eggs, [&](std::size_t i) { return boil(&s, &memories[i]); });
    // Nobody is attached: each is loaded because its timer is due, and leaves memory again.
    auto rung_of = [&] {
        std::string why;
        auto command =
            s.world.get(service::admin::open_remote(&s.world.env(), s.server->for_commands(), &why));
        REQUIRE(command);
        auto stored = s.world.get((*command)->walk_sessions({}, 100));
        s.world.run((*command)->close());
        std::size_t rung = 0;
        for (const auto& memory : memories)
            for (const auto& row : *stored)
                if (row.id.text == memory.session && row.head > memory.seen) ++rung;
        return rung;
    };
    s.run_until([&] { return rung_of() == eggs; });
    std::size_t rung = 0;
    s.run_all(eggs, [&](std::size_t i) { return look(&s, &memories[i], &rung); });
    CHECK(rung == eggs);
}

TEST_CASE("bounds count over all loops") {
    service::config options;
    options.limits.listener.connections = 6;
    many_loops s(loops, many_loops::store::memory, options);
    // A question is counted while it is asked, and may have the place that a guest comes for: then one more
    // does.
    std::vector<raw_peer<tcp_socket>> guests;
    s.run_until([&] {
        guests.push_back(s.world.get(s.world.dial(s.server->port())));
        return guests.size() >= 6 && has(s.get("/healthz"), " 503 ");
    });
    guests.clear();
    s.run_until([&] { return has(s.get("/healthz"), " 200 "); });
}

TEST_CASE("a server with several loops drains all of them") {
    many_loops s(loops, many_loops::store::sqlite);
    static constexpr std::size_t clients = 24;
    std::vector<std::unique_ptr<service::session_client>> all;
    for (std::size_t i = 0; i < clients; ++i)
        all.push_back(s.client(s.device("d-" + std::to_string(i))));
    auto attach = [](service::session_client* by) -> task<> {
        auto attaching = by->attach("parrot");
        auto welcome = co_await std::move(attaching);
        if (!welcome) throw std::runtime_error("no welcome");
    };
    s.run_all(clients, [&](std::size_t i) { return attach(all[i].get()); });
    auto leave = [](service::session_client* by, int* told) -> task<> {
        while (auto frame = co_await by->receive(milliseconds(15'000)))
            if (frame->value("type", "") == "drain") ++*told;
        CHECK(by->close_code() == 4001);
    };
    int told = 0;
    task_group tasks(s.world.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (auto& one : all)
        tasks.spawn(leave(one.get(), &told));
    tasks.spawn(s.server->drain(milliseconds(500)));
    s.world.run(tasks.join());
    s.drained = true;
    CHECK(told == static_cast<int>(clients));
    CHECK(s.server->live_sessions() == 0);
    s.run_all(clients, [&](std::size_t i) { return all[i]->cut(); });
}
