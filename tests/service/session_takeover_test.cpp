#include "tests/service/worker_machine.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using websocket::close_code;

using heard = std::vector<std::string>;

namespace {

json observing(json hello) {
    hello["mode"] = "observe";
    return hello;
}

/// A session that device d-1 controls.
struct controlled {
    explicit controlled(const std::string& takeover) : h("", takeover) {
        first = h.connect();
        welcome = h.attach(*first, workshop::hello());
        workshop::hear(*first);
    }

    std::unique_ptr<fake_socket> attach(const json& hello) {
        auto socket = h.connect();
        h.say(*socket, hello);
        return socket;
    }

    workshop h;
    std::unique_ptr<fake_socket> first;
    json welcome;
};

} // namespace

TEST_CASE("newest: who attaches takes the session over") {
    controlled c("");
    auto second = c.attach(workshop::join(c.welcome, "d-2"));
    CHECK(second->next("welcome"));
    auto taken = c.first->next("taken");
    REQUIRE(taken);
    CHECK((*taken)["device"] == "d-2");
    CHECK(c.first->closed_by_server() == close_code::taken_over);
}

TEST_CASE("refuse: who attaches while another one controls is kept out, and changes nothing") {
    controlled c("refuse");
    auto commits = c.h.database.commits();
    auto device = GENERATE("d-1", "d-2");
    auto second = c.attach(workshop::join(c.welcome, device));
    auto error = second->next();
    REQUIRE(error);
    CHECK((*error)["code"] == "session.attached_elsewhere");
    CHECK(second->closed_by_server() == close_code::attached_elsewhere);
    CHECK(c.h.database.commits() == commits);
    c.h.say(*c.first, house::turn("t-1", 1, "hi"));
    CHECK(workshop::hear(*c.first).front() == "accepted t-1 done");

    c.first->vanish();
    auto third = c.attach(workshop::join(c.welcome, device));
    CHECK(third->next("welcome"));
}

TEST_CASE("refuse: the client that controls comes back although its former connection seems to live") {
    controlled c("refuse");
    auto back = c.attach(house::resume(c.welcome, 0));
    CHECK(back->next("welcome"));
    CHECK(c.first->closed_by_server() == close_code::taken_over);
}

TEST_CASE("share: devices stand beside each other, and each hears every event") {
    controlled c("share");
    auto second = c.attach(workshop::join(c.welcome, "d-2"));
    auto welcome = second->next("welcome");
    REQUIRE(welcome);
    CHECK((*welcome)["generation"] == 2);
    workshop::hear(*second);
    CHECK(!c.first->closed_by_server());

    c.h.say(*second, house::turn("t-1", 1, "hi"));
    CHECK(workshop::hear(*second) ==
          heard{"accepted t-1 done", "say You said hi.", "state ready", "turn.done t-1"});
    CHECK(workshop::hear(*c.first) == heard{"say You said hi.", "state ready", "turn.done t-1"});

    SECTION("turn numbers are each device's own") {
        c.h.say(*c.first, house::turn("t-2", 1, "ho"));
        CHECK(workshop::hear(*c.first).front() == "accepted t-2 done");
    }
    SECTION("on one device the newest wins") {
        auto again = c.attach(workshop::join(c.welcome, "d-2"));
        CHECK(again->next("welcome"));
        CHECK(second->closed_by_server() == close_code::taken_over);
        CHECK(!c.first->closed_by_server());
    }
    SECTION("one that goes leaves the others where they are") {
        second->vanish();
        c.h.say(*c.first, house::turn("t-2", 1, "ho"));
        CHECK(workshop::hear(*c.first).back() == "turn.done t-2");
    }
    SECTION("all hear of the end") {
        c.h.say(*c.first, {{"type", "bye"}, {"keep", false}});
        CHECK(workshop::hear(*second).back() == "bye");
        CHECK(second->closed_by_server() == close_code::session_ended);
    }
}

TEST_CASE("an observer hears every event, is in nobody's way, and changes nothing") {
    auto takeover = GENERATE("newest", "refuse", "share");
    controlled c(takeover);
    auto observer = c.attach(observing(workshop::join(c.welcome, GENERATE("d-1", "d-2"))));
    auto welcome = observer->next("welcome");
    REQUIRE(welcome);
    workshop::hear(*observer);
    CHECK(!c.first->closed_by_server());

    c.h.say(*c.first, house::turn("t-1", 1, "hi"));
    CHECK(workshop::hear(*observer) == heard{"say You said hi.", "state ready", "turn.done t-1"});

    c.h.say(*observer, house::turn("t-2", 2, "ho"));
    CHECK(workshop::hear(*observer) == heard{"rejected t-2 mode.observe"});
    for (const json& frame : {json{{"type", "cancel"}, {"turn", "t-1"}}, tool_result("c1"),
                              json{{"type", "bye"}, {"keep", false}}}) {
        c.h.say(*observer, frame);
        CHECK(workshop::hear(*observer) == heard{"error mode.observe"});
    }
    c.h.say(*observer, {{"type", "ack"}, {"seq", 3}});
    CHECK(workshop::hear(*observer).empty());
}

TEST_CASE("a session has at most eight observers") {
    controlled c("");
    std::vector<std::unique_ptr<fake_socket>> observers;
    for (int i = 0; i < 8; ++i) {
        observers.push_back(c.attach(observing(workshop::join(c.welcome, "d-2"))));
        CHECK(observers.back()->next("welcome"));
    }
    auto ninth = c.attach(observing(workshop::join(c.welcome, "d-2")));
    CHECK(ninth->closed_by_server() == close_code::overloaded);
    observers.pop_back();
    auto another = c.attach(observing(workshop::join(c.welcome, "d-2")));
    CHECK(another->next("welcome"));
}

TEST_CASE("an observer's resume token replaces none of the one who controls on the same device") {
    controlled c("");
    auto observer = c.attach(observing(workshop::join(c.welcome, "d-1")));
    auto watching = observer->next("welcome").value_or(json());
    c.h.say(*c.first, {{"type", "ack"}, {"seq", 0}});
    c.h.say(*observer, {{"type", "ack"}, {"seq", 0}});
    c.first->vanish();
    observer->vanish();

    auto back = c.attach(house::resume(c.welcome, 0));
    CHECK(back->next("welcome").value_or(json()).value("outcome", "") != "refused");
    auto other = c.attach(observing(house::resume(c.welcome, 0)));
    CHECK(other->closed_by_server() == close_code::resume_refused);
    auto watcher = c.attach(observing(house::resume(watching, 0)));
    CHECK(watcher->next("welcome").value_or(json()).value("outcome", "") != "refused");
}

TEST_CASE("an observer keeps the session awake, and a session without clients rests") {
    controlled c("");
    auto observer = c.attach(observing(workshop::join(c.welcome, "d-2")));
    c.first->vanish();
    c.h.env.advance(c.h.limits.idle_deactivation);
    c.h.env.run_ready();
    auto id = session_id{c.welcome["session"].get<std::string>()};
    CHECK(c.h.sessions->live_sessions() == 1);
    observer->vanish();
    c.h.env.run_ready();
    c.h.env.advance(c.h.limits.idle_deactivation);
    c.h.env.run_ready();
    CHECK(c.h.sessions->live_sessions() == 0);
}
