#include "service/memory_watch.hpp"

#include "persistence/log.hpp"
#include "tests/service/registry_visitor.hpp"
#include "tests/service/talk.hpp"
#include "tests/support/captured_errors.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;
using websocket::close_code;

namespace {

/// Sessions whose process has as much memory resident as the test says, of a bound of 100 MiB.
struct watched_house : house {
    std::optional<std::uint64_t> resident_mb = 50;
    int given_back = 0;
    std::unique_ptr<memory_watch> watch;
    std::vector<fake_socket*> readers; ///< that are connected
    task_group watching{env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); }};

    watched_house() {
        limits.memory_mb = 100;
        begin();
    }
    ~watched_house() { end(); }

    void begin() {
        auto resident = [this]() -> std::optional<std::uint64_t> {
            if (!resident_mb) return std::nullopt;
            return *resident_mb << 20;
        };
        watch = std::make_unique<memory_watch>(
            env, *sessions, limits, process_memory{resident, [this] { ++given_back; }},
            [this](const std::string& why) { return give_up_slowest(why); });
        watching.spawn(watch->run());
        env.run_ready();
    }
    void end() {
        watch->stop();
        env.run(watching.join());
    }

    /// As the listener does it.
    task<> give_up_slowest(std::string why) {
        fake_socket* slowest = nullptr;
        for (auto* one : readers)
            if (one->queued_bytes() > (slowest ? slowest->queued_bytes() : 0)) slowest = one;
        if (slowest) slowest->give_up(close_code::slow_consumer, why);
        co_return;
    }

    /// Until the next look, and what follows from it.
    void look_at(std::uint64_t now) {
        resident_mb = now;
        env.advance(memory_watch::interval);
    }

    /// A client that reads nothing any more, with so many turns' events waiting for it.
    std::unique_ptr<fake_socket> slow_client(const std::string& device, int turns) {
        auto socket = connect();
        attach(*socket, hello(device));
        says(*socket);
        socket->stop_reading();
        readers.push_back(socket.get());
        for (int i = 1; i <= turns; ++i) {
            socket->say(turn("t-" + std::to_string(i), static_cast<std::uint64_t>(i), "hi"));
            env.run_ready();
        }
        return socket;
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("a step begins at one share of the bound and ends below a smaller one") {
    using change = memory_step::change;
    memory_step step(80, 75);
    CHECK(step.look(799, 1000) == change::none);
    CHECK(step.look(800, 1000) == change::begins);
    CHECK(step.look(790, 1000) == change::none);
    CHECK(step.look(750, 1000) == change::none);
    CHECK(step.on());
    CHECK(step.look(749, 1000) == change::ends);
    CHECK(step.look(799, 1000) == change::none);
    CHECK_FALSE(step.on());
}

TEST_CASE("at 80 % of the bound sessions that idle leave memory at once, and those with a client stay") {
    watched_house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    auto idle = stored_session(h);
    h.look_at(79);
    CHECK(h.sessions->live_sessions() == 2);
    CHECK(h.given_back == 0);
    h.look_at(80);
    CHECK_FALSE(h.sessions->is_live(idle));
    CHECK(h.sessions->live_sessions() == 1);
    CHECK(h.given_back == 1);
    CHECK_FALSE(socket->closed_by_server());

    SECTION("and so do those that come to idle as long as it lasts") {
        CHECK(find(h, idle).live);
        h.look_at(76);
        CHECK_FALSE(h.sessions->is_live(idle));
    }
    SECTION("but not when it is over") {
        h.look_at(74);
        CHECK(find(h, idle).live);
        h.look_at(79);
        CHECK(h.sessions->is_live(idle));
    }
}

TEST_CASE("at 90 % of the bound whoever wants a new session is told to come later") {
    watched_house h;
    auto first = h.connect();
    auto welcome = h.attach(*first, house::hello("d-1"));
    first->vanish();
    h.look_at(89);
    auto second = h.connect();
    CHECK(h.attach(*second, house::hello("d-2"))["outcome"] == "new");
    h.look_at(90);
    CHECK(h.watch->refuses_new());
    auto third = h.connect();
    third->say(house::hello("d-3"));
    h.env.run_ready();
    auto answer = third->next();
    REQUIRE(answer);
    CHECK((*answer)["code"] == "overloaded");
    CHECK((*answer)["retry"] == true);
    CHECK((*answer)["after"].get<int>() >= 1000);
    CHECK((*answer)["after"].get<int>() <= 5000);
    CHECK(third->closed_by_server() == close_code::overloaded);

    SECTION("one that comes back to its session is served, and so are turns") {
        auto back = h.connect();
        CHECK(h.attach(*back, house::resume(welcome, greeting, "d-1"))["outcome"] == "lossless");
        take_turns(h, *back, 1);
        CHECK_FALSE(back->closed_by_server());
        CHECK_FALSE(second->closed_by_server());
    }
    SECTION("one whose session is gone gets no other in its place") {
        auto lost = house::hello("d-4");
        lost["session"] = "01KD2TA04JBEFNRG6FYQPMZRGA";
        auto fourth = h.connect();
        fourth->say(lost);
        h.env.run_ready();
        CHECK(fourth->closed_by_server() == close_code::overloaded);
    }
    SECTION("until it is below 85 %") {
        h.look_at(85);
        CHECK(h.sessions->create(local, device_id{"d-5"}, "parrot").why == refusal::overloaded);
        h.look_at(84);
        auto fifth = h.connect();
        CHECK(h.attach(*fifth, house::hello("d-5"))["outcome"] == "new");
    }
}

TEST_CASE("at 90 % of the bound a robot is served whose session there is, and no other one") {
    watched_house h;
    auto known = find_robot(h, "robot-1");
    REQUIRE(known.live);
    auto listener = std::make_shared<answers>();
    auto turn = a_turn("t-1", 1, listener);
    turn.number.reset();
    REQUIRE(known.live->submit(std::move(turn)) == delivery::queued);
    known = {};
    h.look_at(90);
    REQUIRE(listener->accepted_turns.size() == 1);
    CHECK(h.sessions->live_sessions() == 0);
    CHECK(find_robot(h, "robot-1").live);
    CHECK(find_robot(h, "robot-2").why == refusal::overloaded);
}

TEST_CASE("at the bound the slowest readers are closed, one after the other until it is below") {
    watched_house h;
    auto some = h.slow_client("d-1", 2);
    auto most = h.slow_client("d-2", 4);
    auto more = h.slow_client("d-3", 3);
    auto none = h.connect();
    h.attach(*none, house::hello("d-4"));
    h.look_at(99);
    CHECK_FALSE(most->closed_by_server());

    h.look_at(100);
    CHECK(most->closed_by_server() == close_code::slow_consumer);
    CHECK(most->queued_bytes() == 0);
    CHECK_FALSE(more->closed_by_server());
    h.env.advance(memory_watch::short_interval);
    CHECK(more->closed_by_server() == close_code::slow_consumer);
    CHECK_FALSE(some->closed_by_server());

    SECTION("and no more than are needed") {
        h.resident_mb = 94;
        h.env.advance(memory_watch::interval);
        CHECK_FALSE(some->closed_by_server());
    }
    SECTION("but never one that reads what it gets") {
        h.env.advance(memory_watch::interval);
        CHECK(some->closed_by_server() == close_code::slow_consumer);
    }
    CHECK_FALSE(none->closed_by_server());
}

TEST_CASE("the log says when each step begins and when it ends") {
    watched_house h;
    h.end();
    h.limits.memory_mb = 64;
    h.begin();
    captured_errors errors;
    log::set_level(log::level::info);
    h.look_at(61);
    h.look_at(62);
    h.look_at(64);
    h.look_at(40);
    log::warning("marker");
    log::set_level(log::level::warning);
    std::vector<std::string> told; // lines of other tests may still be under way
    for (auto line = errors.line(); !has(line, "marker"); line = errors.line())
        if (has(line, "bound_mb=64")) told.push_back(line.substr(line.find(' ') + 1));
    CHECK(told == std::vector<std::string>{"memory_short resident_mb=61 bound_mb=64",
                                           "memory_refuses_new resident_mb=61 bound_mb=64",
                                           "memory_closes_slow resident_mb=64 bound_mb=64",
                                           "memory_short_no_more resident_mb=40 bound_mb=64",
                                           "memory_welcomes_new resident_mb=40 bound_mb=64",
                                           "memory_closes_no_more resident_mb=40 bound_mb=64"});
}

TEST_CASE("without a bound, or a system that tells, nothing is done") {
    watched_house h;
    SECTION("without a bound") {
        h.end();
        h.limits.memory_mb = 0;
        h.begin();
        h.resident_mb = 1000;
    }
    SECTION("without a figure") {
        h.resident_mb.reset();
    }
    auto idle = stored_session(h);
    h.env.advance(memory_watch::interval * 3);
    CHECK(h.sessions->is_live(idle));
    CHECK_FALSE(h.watch->refuses_new());
    CHECK(h.given_back == 0);
}

TEST_CASE("the system tells what is resident, and gets back what was freed") {
    auto memory = system_memory();
    auto before = memory.resident();
    REQUIRE(before);
    CHECK(*before > 1 << 20);
    CHECK(*before < std::uint64_t{1} << 40);
    memory.give_back();
    CHECK(memory.resident());
}
