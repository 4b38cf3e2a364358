#include "tests/service/worker_machine.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

using heard = std::vector<std::string>;

namespace {

struct busy_worker : parked_turn {
    using parked_turn::parked_turn;

    heard say(const json& frame) {
        h.say(*socket, frame);
        return workshop::hear(*socket);
    }
    heard finish() { return say(tool_result(call, {{"is", "on"}})); }

    static json turn(int number, const std::string& text, const std::string& policy = "") {
        auto frame = house::turn("t-" + std::to_string(number), static_cast<std::uint64_t>(number), text);
        if (!policy.empty()) frame["policy"] = policy;
        return frame;
    }
};

const heard lamp_is_on{"say The lamp is on.", "state ready", "turn.done t-1"};

heard together(heard first, const heard& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

} // namespace

TEST_CASE("without a policy turns queue: accepted at once, begun in order") {
    busy_worker w("");
    CHECK(w.say(w.turn(2, "two")) == heard{"accepted t-2 queued"});
    w.h.say(*w.socket, w.turn(3, "three"));
    auto third = w.socket->next("accepted");
    REQUIRE(third);
    CHECK((*third)["queue"] == 2);
    CHECK(w.say(w.turn(2, "two")) == heard{"accepted t-2 queued"}); // a repetition
    CHECK(w.finish() == together(lamp_is_on, {"say You said two.", "state ready", "turn.done t-2",
                                              "say You said three.", "state ready", "turn.done t-3"}));
    CHECK(w.say(w.turn(3, "three")) == heard{"accepted t-3 done"});
}

TEST_CASE("what waits is begun by the next life of the server") {
    busy_worker w("");
    w.say(w.turn(2, "two"));
    w.h.close();
    w.h.open();
    w.socket = w.h.connect();
    auto frame = workshop::join(w.welcome, "d-1");
    w.h.attach(*w.socket, frame);
    w.socket->next("snapshot");
    CHECK(w.finish() == together(lamp_is_on, {"say You said two.", "state ready", "turn.done t-2"}));
}

TEST_CASE("at the bound of the queue a turn is told to come later, and is no turn yet") {
    busy_worker w("");
    auto bound = static_cast<int>(w.h.limits.queued_turns);
    for (int i = 2; i < 2 + bound; ++i)
        CHECK(w.say(w.turn(i, "more")).back() == "accepted t-" + std::to_string(i) + " queued");
    w.h.say(*w.socket, w.turn(2 + bound, "too much"));
    auto full = w.socket->next("rejected");
    REQUIRE(full);
    CHECK((*full)["code"] == "turn.queue_full");
    CHECK((*full)["retry"] == true);
    w.finish();
    CHECK(w.say(w.turn(2 + bound, "too much")).front() ==
          "accepted t-" + std::to_string(2 + bound) + " done");
}

TEST_CASE("inputs that wait are bounded in bytes as well") {
    busy_worker w("");
    w.h.limits.queued_turns = 100;
    std::string large(60000, 'x');
    std::string last;
    int number = 2;
    for (; number < 20 && last != "rejected"; ++number) {
        w.h.say(*w.socket, w.turn(number, large));
        last = w.socket->next().value_or(json())["type"];
    }
    CHECK(last == "rejected");
    CHECK(number < 8);
}

TEST_CASE("reject: a turn that meets another one is told to come later") {
    busy_worker w("reject");
    CHECK(w.say(w.turn(2, "two")) == heard{"rejected t-2 turn.busy"});
    CHECK(w.finish() == lamp_is_on);
    CHECK(w.say(w.turn(2, "two")).front() == "accepted t-2 done");
}

TEST_CASE("replace: the turn that is there is cancelled, and the new one takes its place") {
    busy_worker w("replace");
    CHECK(w.say(w.turn(2, "two")) == heard{"say No lamp: cancelled.", "state ready",
                                           "turn.failed t-1 cancelled", "accepted t-2 done",
                                           "say You said two.", "state ready", "turn.done t-2"});
}

TEST_CASE("merge: texts that wait behind each other become one turn") {
    busy_worker w("merge");
    CHECK(w.say(w.turn(2, "two")) == heard{"accepted t-2 queued"});
    CHECK(w.say(w.turn(3, "three")) == heard{"accepted t-3 queued", "turn.done t-2"});
    w.h.say(*w.socket, w.turn(2, "two"));
    auto merged = w.socket->next("accepted");
    REQUIRE(merged);
    CHECK((*merged)["status"] == "done");
    CHECK((*merged)["outcome"] == json{{"merged_into", "t-3"}});
    CHECK(w.finish() == together(lamp_is_on, {"say You said two\nthree.", "state ready", "turn.done t-3"}));
}

TEST_CASE("merge: what is no text stays by itself") {
    busy_worker w("merge");
    w.say(w.turn(2, "two"));
    auto press = w.turn(3, "");
    press["input"] = {{"event", "button.pressed"}};
    CHECK(w.say(press) == heard{"accepted t-3 queued"});
    CHECK(w.say(w.turn(4, "four")) == heard{"accepted t-4 queued"});
}

TEST_CASE("debounce: a turn waits for silence, and what came meanwhile is said with it") {
    workshop h("debounce(300)");
    auto socket = h.connect();
    h.attach(*socket, workshop::hello());
    workshop::hear(*socket);
    h.say(*socket, busy_worker::turn(1, "one"));
    CHECK(workshop::hear(*socket) == heard{"accepted t-1 queued"});
    h.env.advance(milliseconds(200));
    h.say(*socket, busy_worker::turn(2, "two"));
    CHECK(workshop::hear(*socket) == heard{"accepted t-2 queued", "turn.done t-1"});
    h.env.advance(milliseconds(299));
    CHECK(workshop::hear(*socket).empty());
    h.env.advance(milliseconds(1));
    CHECK(workshop::hear(*socket) == heard{"say You said one\ntwo.", "state ready", "turn.done t-2"});
}

TEST_CASE("a turn may be stricter than its state, not laxer") {
    busy_worker w("queue");
    CHECK(w.say(w.turn(2, "two", "reject")) == heard{"rejected t-2 turn.busy"});
    CHECK(w.say(w.turn(3, "two", "replace")) == heard{"rejected t-3 turn.policy_not_allowed"});
    CHECK(w.say(w.turn(4, "two", "debounce(100)")) == heard{"rejected t-4 turn.policy_not_allowed"});
    CHECK(w.say(w.turn(5, "two", "debounce(99999)")) == heard{"rejected t-5 turn.bad_policy"});
    CHECK(w.say(w.turn(6, "two", "queue")) == heard{"accepted t-6 queued"});
}

TEST_CASE("a turn that waits can be cancelled") {
    busy_worker w("");
    w.say(w.turn(2, "two"));
    CHECK(w.say({{"type", "cancel"}, {"turn", "t-2"}}) == heard{"turn.failed t-2 cancelled"});
    CHECK(w.finish() == lamp_is_on);
    CHECK(w.say(w.turn(2, "two")) == heard{"accepted t-2 cancelled"});
}

TEST_CASE("a turn that waited in vain fails instead of being begun") {
    busy_worker w("");
    SECTION("it has expired") {
        auto turn = w.turn(2, "two");
        turn["expires_in"] = 1000;
        w.say(turn);
        w.h.env.advance(milliseconds(1000));
        CHECK(w.finish() == together(lamp_is_on, {"turn.failed t-2 turn.expired"}));
    }
    SECTION("the state that it was meant for is gone") {
        auto turn = w.turn(2, "two");
        turn["if_revision"] = 2;
        CHECK(w.say(turn) == heard{"accepted t-2 queued"});
        CHECK(w.finish() == together(lamp_is_on, {"turn.failed t-2 turn.conflict"}));
    }
}

TEST_CASE("a machine that comes to its end answers the turns that wait") {
    busy_worker w("");
    w.say(w.turn(2, "finish"));
    w.say(w.turn(3, "three"));
    CHECK(w.finish() == together(lamp_is_on, {"state over", "turn.done t-2", "turn.failed t-3 session.ended",
                                              "session.ended t-2", "bye"}));
}

TEST_CASE("a turn that is taken from the queue while the database is silent is begun a moment later") {
    busy_worker w("");
    w.say(w.turn(2, "two"));
    w.h.database.fail_commit(persistence::errc::unavailable, fault::before_applying, 1);
    CHECK(w.finish() == lamp_is_on);
    w.h.env.advance(milliseconds(1000));
    CHECK(workshop::hear(*w.socket) == heard{"say You said two.", "state ready", "turn.done t-2"});
}

TEST_CASE("a tool that a turn opens has its whole time, however long the turn has waited") {
    busy_worker w("");
    w.say(w.turn(2, "fetch"));
    w.h.env.advance(milliseconds(50000));
    w.finish();
    w.h.env.advance(milliseconds(59999));
    CHECK(workshop::hear(*w.socket).empty());
    w.h.env.advance(milliseconds(1));
    CHECK(workshop::hear(*w.socket).back() == "turn.done t-2");
}

TEST_CASE("replace: where the cancelled turn's end is the session's, the new one is told so") {
    auto document =
        json::parse(R"({"id": "worker", "version": 2, "initial": "ready", "meta": {"overlap": "replace"},
        "states": {"ready": {"on": {"turn.text": {"target": "waiting", "actions": {"type": "tool", "params": {"name": "lamp"}}}}},
                   "waiting": {"on": {"tool.lamp.failed": "over"}}, "over": {"type": "final"}}})");
    house h;
    h.machines.add(*statemachine::load_definition(document).machine);
    auto socket = h.connect();
    h.attach(*socket, workshop::hello());
    socket->say(house::turn("t-1", 1, "go"));
    h.env.run_ready();
    workshop::hear(*socket);
    socket->say(house::turn("t-2", 2, "go"));
    h.env.run_ready();
    CHECK(workshop::hear(*socket) ==
          heard{"state over", "turn.failed t-1 cancelled", "session.ended t-1", "bye"});
    CHECK(socket->closed_by_server() == websocket::close_code::session_ended);
}

TEST_CASE("debounce: a clock that is set back holds no turn") {
    workshop h("debounce(300)");
    auto socket = h.connect();
    h.attach(*socket, workshop::hello());
    workshop::hear(*socket);
    h.say(*socket, busy_worker::turn(1, "one"));
    h.env.jump_utc(milliseconds(-3600000));
    h.env.advance(milliseconds(300));
    CHECK(workshop::hear(*socket).back() == "turn.done t-1");
}

TEST_CASE("merge: turns with conditions of their own stay by themselves") {
    busy_worker w("merge");
    w.say(w.turn(2, "two"));
    auto turn = w.turn(3, "three");
    turn["expires_in"] = 60000;
    CHECK(w.say(turn) == heard{"accepted t-3 queued"});
}
