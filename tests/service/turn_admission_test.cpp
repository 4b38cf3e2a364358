#include "service/turn_admission.hpp"

#include "persistence/log.hpp"
#include "tests/service/talk.hpp"
#include "tests/support/captured_errors.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

/// What a turn is answered with at once.
std::optional<json> answer_to(house& h, fake_socket& socket, const json& turn) {
    socket.say(turn);
    h.env.run_ready();
    return socket.next();
}

/// A house whose store has kept a turn of one client waiting for longer than commits may lag.
struct slow_house : house {
    std::unique_ptr<fake_socket> waiting = connect();
    std::unique_ptr<fake_socket> other = connect();
    json welcome;

    slow_house() {
        attach(*waiting, hello("d-1"));
        welcome = attach(*other, hello("d-2"));
        says(*waiting);
        says(*other);
        database.hold_commits();
        waiting->say(turn("t-1", 1, "hi"));
        env.advance(limits.commit_lag + milliseconds(1));
    }
    ~slow_house() { recover(); }

    void recover() {
        database.release_commits();
        env.run_ready();
    }
};

} // namespace

TEST_CASE("turns stay out above the bound and come in at it") {
    manual_environment env;
    settings limits;
    turn_admission turns(env, limits);
    CHECK_FALSE(turns.refuse());
    commit_lag::timing commit(&turns.lag(), env.steady_now());
    env.advance(limits.commit_lag);
    CHECK_FALSE(turns.refuse());
    CHECK(turns.commit_wait() == limits.commit_lag);
    env.advance(milliseconds(1));
    CHECK(turns.refuse());
    CHECK(turns.refused() == 1);
    commit.done(env.steady_now());
    CHECK_FALSE(turns.refuse());
    CHECK(turns.refused() == 1);
}

TEST_CASE("whoever is refused waits once to twice the lag, by chance, from 250 ms to 10 s") {
    manual_environment env;
    settings limits;
    turn_admission turns(env, limits);
    commit_lag::timing commit(&turns.lag(), env.steady_now());
    auto [lag, least, most] = GENERATE(std::tuple(201, 250, 500), std::tuple(1000, 1000, 2000),
                                       std::tuple(5000, 5000, 10'000), std::tuple(60'000, 5000, 10'000));
    CAPTURE(lag);
    env.advance(milliseconds(lag));
    std::set<milliseconds> waits;
    for (int i = 0; i < 500; ++i)
        waits.insert(turns.refuse().value());
    CHECK(*waits.begin() >= milliseconds(least));
    CHECK(*waits.begin() < milliseconds(least + (most - least) / 10));
    CHECK(*waits.rbegin() <= milliseconds(most));
    CHECK(*waits.rbegin() > milliseconds(most - (most - least) / 10));
    CHECK(waits.size() > 100);
}

TEST_CASE("the log says once that turns are refused, and once that none has been for a while") {
    manual_environment env;
    settings limits;
    turn_admission turns(env, limits);
    captured_errors errors;
    log::set_level(log::level::info);
    {
        commit_lag::timing commit(&turns.lag(), env.steady_now());
        env.advance(milliseconds(300));
        for (int i = 0; i < 20; ++i) {
            REQUIRE(turns.refuse());
            env.advance(milliseconds(500));
        }
    }
    env.advance(turn_admission::calm);
    log::warning("marker");
    log::set_level(log::level::warning);
    int begins = 0; // lines of other tests may still be under way
    int ends = 0;
    for (auto line = errors.line(); !has(line, "marker"); line = errors.line()) {
        begins += has(line, "turns_refused commit_lag_ms=300");
        ends += has(line, "turns_refused_no_more turns=20 for_ms=9500");
    }
    CHECK(begins == 1);
    CHECK(ends == 1);
}

TEST_CASE("while commits lag a turn is rejected with a time to wait, and has no effect") {
    slow_house h;
    auto rejected = answer_to(h, *h.other, house::turn("u-1", 1, "hi"));
    REQUIRE(rejected);
    CHECK((*rejected)["type"] == "rejected");
    CHECK((*rejected)["turn"] == "u-1");
    CHECK((*rejected)["code"] == "overloaded");
    CHECK((*rejected)["retry"] == true);
    auto after = (*rejected)["after"].get<int>();
    CHECK(after >= 250);
    CHECK(after <= 500);
    CHECK(h.database.held() == 1);

    h.recover();
    CHECK(says(*h.waiting) == std::vector<std::string>{"You said hi."});
    auto accepted = answer_to(h, *h.other, house::turn("u-1", 1, "hi"));
    REQUIRE(accepted);
    CHECK((*accepted)["type"] == "accepted");
    CHECK((*accepted)["duplicate"] == false);
    CHECK(says(*h.other) == std::vector<std::string>{"You said hi."});
}

TEST_CASE("a refused turn takes no credit") {
    slow_house h;
    for (int i = 1; i <= 20; ++i) {
        auto rejected = answer_to(h, *h.other, house::turn("u-1", 1, "hi"));
        REQUIRE(rejected);
        CHECK((*rejected)["code"] == "overloaded");
    }
    CHECK(h.turns.refused() == 20);
}

TEST_CASE("while commits lag clients attach, resume and speak of what is under way") {
    slow_house h;
    auto resumed = h.connect();
    resumed->say(house::resume(h.welcome, greeting, "d-2"));
    auto fresh = h.connect();
    fresh->say(house::hello("d-3"));
    h.waiting->say({{"type", "ack"}, {"seq", greeting}});
    h.waiting->say({{"type", "cancel"}, {"turn", "t-1"}});
    h.waiting->say({{"type", "ping"}, {"at", 1}});
    h.env.run_ready();
    CHECK(h.waiting->next("pong"));
    CHECK(h.database.held() == 3);
    h.recover();
    CHECK(resumed->next("welcome"));
    CHECK(fresh->next("welcome"));
    CHECK_FALSE(h.waiting->closed_by_server());
}

TEST_CASE("while commits lag a turn that was taken already gets its answer again") {
    house h;
    auto socket = h.connect();
    auto other = h.connect();
    h.attach(*socket, house::hello("d-1"));
    h.attach(*other, house::hello("d-2"));
    take_turns(h, *socket, 1);
    h.database.hold_commits();
    other->say(house::turn("u-1", 1, "hi"));
    h.env.advance(h.limits.commit_lag + milliseconds(1));
    auto again = answer_to(h, *socket, house::turn("t-1", 1, "hi"));
    REQUIRE(again);
    CHECK((*again)["type"] == "accepted");
    CHECK((*again)["duplicate"] == true);
    CHECK((*answer_to(h, *socket, house::turn("t-2", 2, "hi")))["code"] == "overloaded");
    h.database.release_commits();
}

TEST_CASE("a store that hung for a while and is back refuses nothing more") {
    slow_house h;
    h.env.advance(std::chrono::seconds(30));
    h.recover();
    h.database.hold_commits();
    h.waiting->say(house::turn("t-2", 2, "hi"));
    h.env.advance(milliseconds(5));
    h.other->say(house::turn("u-1", 1, "hi"));
    h.env.run_ready();
    CHECK_FALSE(h.other->next("rejected"));
    h.recover();
    CHECK(says(*h.other) == std::vector<std::string>{"You said hi."});
}
