// Properties of the protocol that a session shows by itself. Those that need storms, crashes or cuts are in
// tests/simulation and tests/e2e; protocol by protocol, `P1` to `P12` in the names of tests find them all.

#include "tests/service/talk.hpp"
#include "tests/service/worker_machine.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/every_backend.hpp"
#include "tests/support/temporary_folder.hpp"

#include <malloc.h>

using namespace rejoinder;
using namespace rejoinder::tests;
using persistence::database_type;

namespace {

/// Opens a new store of a type; a folder keeps it.
house::opener opener_of(database_type type, const temporary_folder& folder) {
    return [type, &folder](environment& env) {
        persistence::database_options options;
        options.type = type;
        if (type == database_type::postgresql)
            options.location =
                persistence::parse_database_url(postgresql_cluster::shared().new_database())->location;
        else
            options.location = folder.file("store.db");
        std::string why;
        auto opened = persistence::open_database(env, options, why);
        if (!opened) throw std::runtime_error(why);
        return std::move(*opened);
    };
}

/// Waits until a store that answers from its own threads has let the session answer.
json answer(house& h, fake_socket& socket, const std::string& type) {
    for (int round = 0; round < 10000; ++round) {
        h.env.run_ready();
        if (auto frame = socket.next(type)) return *frame;
        h.env.run(h.database.read_session(session_id{"nobody"}));
    }
    throw std::runtime_error("no frame '" + type + "' came");
}

/// What is stored of a session after the same conversation: its state and every event.
std::string converse(database_type type) {
    temporary_folder folder;
    house h(7, opener_of(type, folder));
    h.machines.add(worker_machine());
    if (type != database_type::memory) h.env.wait_for_servers(std::chrono::seconds(20));
    auto socket = h.connect();
    socket->say(workshop::hello());
    auto welcome = answer(h, *socket, "welcome");
    auto say = [&](int number, const std::string& text) {
        socket->say(house::turn("t-" + std::to_string(number), static_cast<std::uint64_t>(number), text));
        return answer(h, *socket, "accepted");
    };
    say(1, "hello, grüße, 你好");
    CHECK(say(2, "fetch")["status"] == "parked");
    json opened;
    while (opened.is_null() || opened["kind"] != "tool")
        opened = answer(h, *socket, "event");
    CHECK(say(3, "meanwhile")["status"] == "queued");
    socket->say(tool_result(call_of(opened), {{"is", "on"}}));
    json last;
    while (last.is_null() || last.value("turn", "") != "t-3" || last["kind"] != "turn.done")
        last = answer(h, *socket, "event");

    auto row = h.env.run(h.database.read_session(session_id{welcome["session"]}));
    REQUIRE(row);
    auto log = h.env.run(h.database.read_log(row->key, 0, 1000, 1 << 20));
    REQUIRE(log);
    // Each store answers in its own time, so what is equal is all but times.
    auto text = json::parse(row->state)["machine"].dump() + std::to_string(row->head);
    for (const auto& entry : *log)
        for (auto event : json::parse(entry.events)) {
            event.erase("at");
            if (event["kind"] == "turn.done") event.erase("data");
            if (event["kind"] == "tool") event["data"].erase("deadline");
            text += "\n" + event.dump();
        }
    h.close();
    h.env.run(h.database.close());
    return text;
}

} // namespace

TEST_CASE("P9: the same turns give the same session on every type of database") {
    auto expected = converse(database_type::memory);
    CHECK(expected.find("The lamp is on.") != std::string::npos);
    for (auto type : every_backend()) {
        CAPTURE(persistence::to_string(type));
        CHECK(converse(type) == expected);
    }
}

TEST_CASE("P7: a tool's deadline takes effect once, and never before its time by the clock") {
    workshop h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, workshop::hello());
    h.say(*socket, house::turn("t-1", 1, "fetch"));
    workshop::hear(*socket);
    auto due = h.env.utc_now() + milliseconds(60000);
    auto ends = [&] {
        int count = 0;
        for (const auto& one : workshop::hear(*socket))
            count += one == "turn.done t-1";
        return count;
    };
    SECTION("also when the clock is set back") {
        h.env.jump_utc(milliseconds(-30000));
        h.env.advance(milliseconds(89999));
        CHECK(ends() == 0);
        CHECK(h.env.utc_now() < due);
        h.env.advance(milliseconds(60001)); // it is looked at again within a minute
        CHECK(ends() == 1);
    }
    SECTION("also when the clock is set forward: then it is late by a minute at most") {
        h.env.jump_utc(milliseconds(120000));
        h.env.advance(milliseconds(60000));
        CHECK(ends() == 1);
    }
    SECTION("also over a restart before it") {
        h.env.advance(milliseconds(30000));
        h.close();
        h.open();
        socket = h.connect();
        h.attach(*socket, workshop::join(welcome, "d-1"));
        h.env.advance(milliseconds(29999));
        CHECK(ends() == 0);
        h.env.advance(milliseconds(1));
        CHECK(ends() == 1);
    }
    h.env.advance(milliseconds(600000));
    CHECK(ends() == 0);
}

#if !defined(REJOINDER_SANITIZED)
TEST_CASE("P11: an idle session with its connection takes a bounded piece of memory, and gives it back") {
    constexpr std::size_t sessions = 500;
    constexpr std::size_t most =
        48 * 1024; // bytes; some 20 KiB were measured, the test's own socket included
    auto used = [] { return mallinfo2().uordblks; };
    house h;
    auto before = used();
    std::vector<std::unique_ptr<fake_socket>> sockets;
    for (std::size_t i = 0; i < sessions; ++i) {
        sockets.push_back(h.connect());
        h.attach(*sockets.back(), house::hello("d-" + std::to_string(i)));
        take_turns(h, *sockets.back(), 3);
    }
    auto attached = (used() - before) / sessions;
    CHECK(attached < most);
    auto stored = used();
    sockets.clear();
    h.env.advance(h.limits.idle_deactivation);
    h.env.run_ready();
    CHECK(h.sessions->live_sessions() == 0);
    CHECK(used() < stored);
    WARN("an idle session takes " << attached << " bytes, what is stored of it in memory included; "
                                  << (stored - used()) / sessions << " of them while it is live");
}
#endif
