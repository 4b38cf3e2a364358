#include "tests/service/worker_machine.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

using heard = std::vector<std::string>;

namespace {

struct waiting_device : parked_turn {
    void say(const json& frame) { h.say(*socket, frame); }
    heard hear() { return workshop::hear(*socket); }
};

} // namespace

TEST_CASE("a turn that opens a tool is parked until the device says how it went") {
    workshop h;
    auto socket = h.connect();
    h.attach(*socket, workshop::hello());
    workshop::hear(*socket);
    h.say(*socket, house::turn("t-1", 1, "fetch"));
    auto accepted = socket->next();
    REQUIRE(accepted);
    CHECK((*accepted)["status"] == "parked");
    CHECK(!accepted->contains("first"));
    auto said = socket->next("event");
    REQUIRE(said);
    auto tool = socket->next("event");
    REQUIRE(tool);
    CHECK((*tool)["kind"] == "tool");
    CHECK((*tool)["turn"] == "t-1");
    CHECK((*tool)["data"]["args"] == json{{"for", "fetch"}});
    CHECK((*tool)["data"]["deadline"] == to_unix(h.env.utc_now()) + 60000);
    CHECK(workshop::hear(*socket) == heard{"state waiting"});

    h.say(*socket, tool_result(call_of(*tool), {{"is", "on"}}));
    CHECK(workshop::hear(*socket) == heard{"say The lamp is on.", "state ready", "turn.done t-1"});

    h.say(*socket, house::turn("t-1", 1, "fetch"));
    auto again = socket->next("accepted");
    REQUIRE(again);
    CHECK((*again)["status"] == "done");
    CHECK((*again)["duplicate"] == true);
    CHECK((*again)["first"] == (*said)["seq"]);
    CHECK((*again)["last"] == 7);
}

TEST_CASE("a turn waits for every tool that it opened") {
    workshop h;
    auto socket = h.connect();
    h.attach(*socket, workshop::hello());
    workshop::hear(*socket);
    h.say(*socket, house::turn("t-1", 1, "fetch both"));
    auto lamp = socket->next("event");
    auto door = socket->next("event");
    REQUIRE(lamp);
    REQUIRE(door);
    workshop::hear(*socket);
    h.say(*socket, tool_result(call_of(*door)));
    CHECK(workshop::hear(*socket) == heard{"say The door."});
    h.say(*socket, tool_result(call_of(*lamp), {{"is", "on"}}));
    CHECK(workshop::hear(*socket) == heard{"say The lamp is on.", "state ready", "turn.done t-1"});
}

TEST_CASE("a tool's result counts once, however often it is sent") {
    waiting_device p;
    p.say(tool_result(p.call, {{"is", "on"}}));
    p.hear();
    p.say(tool_result(p.call, {{"is", "off"}}));
    CHECK(p.hear() == heard{"error tool.not_open"});
    p.say(tool_result("c99"));
    CHECK(p.hear() == heard{"error tool.not_open"});
}

TEST_CASE("a tool that the device could not do, or not in time, has failed") {
    waiting_device p;
    SECTION("the device says so") {
        p.say(tool_result(p.call, {{"why", "broken"}}, false));
        CHECK(p.hear() == heard{"say No lamp: failed.", "state ready", "turn.done t-1"});
    }
    SECTION("no word came before the deadline") {
        p.h.env.advance(milliseconds(59999));
        CHECK(p.hear().empty());
        p.h.env.advance(milliseconds(1));
        CHECK(p.hear() == heard{"say No lamp: timeout.", "state ready", "turn.done t-1"});
    }
}

TEST_CASE("who comes back while a tool is open is told of it, also by another life of the server") {
    waiting_device p;
    p.say({{"type", "ack"}, {"seq", 1}});
    p.socket->vanish();
    if (GENERATE(false, true)) {
        p.h.close();
        p.h.open();
    }
    auto socket = p.h.connect();
    auto welcome = p.h.attach(*socket, workshop::join(p.welcome, "d-1"));
    CHECK(welcome["running"] == json{{"turn", "t-1"}, {"status", "parked"}});
    auto snapshot = socket->next("snapshot");
    REQUIRE(snapshot);
    CHECK((*snapshot)["open"]["tools"] == json::array({{{"call", p.call},
                                                        {"name", "lamp"},
                                                        {"args", {{"for", "fetch"}}},
                                                        {"turn", "t-1"},
                                                        {"deadline", p.tool["data"]["deadline"]}}}));
    p.h.say(*socket, house::turn("t-1", 1, "fetch"));
    CHECK(workshop::hear(*socket) == heard{"accepted t-1 parked"});
    p.h.say(*socket, tool_result(p.call, {{"is", "on"}}));
    CHECK(workshop::hear(*socket) == heard{"say The lamp is on.", "state ready", "turn.done t-1"});
}

TEST_CASE("a deadline that passed while the server was down counts when it is back") {
    waiting_device p;
    p.h.close();
    p.h.env.advance(milliseconds(120000));
    p.h.open();
    auto socket = p.h.connect();
    p.h.attach(*socket, workshop::join(p.welcome, "d-1"));
    p.h.env.advance(milliseconds(1));
    CHECK(workshop::hear(*socket) ==
          heard{"snapshot", "say No lamp: timeout.", "state ready", "turn.done t-1"});
}

TEST_CASE("a cancelled turn ends, and its machine finds its way back") {
    waiting_device p;
    p.say({{"type", "cancel"}, {"turn", "t-1"}});
    CHECK(p.hear() == heard{"say No lamp: cancelled.", "state ready", "turn.failed t-1 cancelled"});
    SECTION("what the device says of it then is late") {
        p.say(tool_result(p.call));
        CHECK(p.hear() == heard{"error tool.not_open"});
    }
    SECTION("to cancel it again tells how it ended") {
        p.say({{"type", "cancel"}, {"turn", "t-1"}});
        CHECK(p.hear() == heard{"accepted t-1 cancelled"});
    }
    SECTION("to submit it again does not begin it") {
        p.say(house::turn("t-1", 1, "fetch"));
        CHECK(p.hear() == heard{"accepted t-1 cancelled"});
    }
}

TEST_CASE("to cancel a turn that has ended, or that nobody knows, tells how it stands") {
    workshop h;
    auto socket = h.connect();
    h.attach(*socket, workshop::hello());
    h.say(*socket, house::turn("t-1", 1, "hi"));
    workshop::hear(*socket);
    h.say(*socket, {{"type", "cancel"}, {"turn", "t-1"}});
    CHECK(workshop::hear(*socket) == heard{"accepted t-1 done"});
    h.say(*socket, {{"type", "cancel"}, {"turn", "t-2"}});
    CHECK(workshop::hear(*socket) == heard{"error turn.unknown"});
}

TEST_CASE("what can't be stored now of a tool or a cancel is asked for again") {
    waiting_device p;
    p.h.database.fail_commit(persistence::errc::unavailable);
    p.say(tool_result(p.call, {{"is", "on"}}));
    auto error = p.socket->next("error");
    REQUIRE(error);
    CHECK((*error)["code"] == "store.unavailable");
    CHECK((*error)["retry"] == true);
    CHECK((*error)["ref"] == p.call);
    p.say(tool_result(p.call, {{"is", "on"}}));
    CHECK(p.hear() == heard{"say The lamp is on.", "state ready", "turn.done t-1"});
}

TEST_CASE("nobody but the server makes events of tools") {
    waiting_device p;
    auto turn = house::turn("t-2", 2, "");
    turn["input"] = {{"event", "tool.lamp.done"}};
    p.say(turn);
    CHECK(p.hear() == heard{"rejected t-2 turn.reserved_event"});
}

TEST_CASE("a session that ends has an answer for the turn that it leaves behind") {
    waiting_device p;
    p.say(house::turn("t-2", 2, "later"));
    CHECK(p.hear() == heard{"accepted t-2 queued"});
    p.say({{"type", "bye"}, {"keep", false}});
    CHECK(p.hear() ==
          heard{"turn.failed t-1 session.ended", "turn.failed t-2 session.ended", "session.ended", "bye"});
}

TEST_CASE("a recorded turn that comes again under a greater number hands nothing out a second time") {
    waiting_device p;
    p.say(tool_result(p.call, {{"is", "on"}}));
    p.hear();
    for (int i = 0; i < 20; ++i) // until the session has forgotten the turn, and only the database knows it
        p.say(house::turn("u-" + std::to_string(i), static_cast<std::uint64_t>(2 + i), "hi"));
    p.hear();
    p.say(house::turn("t-1", 50, "fetch"));
    CHECK(p.hear() == heard{"accepted t-1 done"});
    SECTION("nor does it wait behind another one") {
        p.say(house::turn("t-2", 51, "fetch"));
        p.hear();
        p.say(house::turn("t-1", 52, "fetch"));
        CHECK(p.hear() == heard{"accepted t-1 done"});
    }
}

TEST_CASE("an overdue tool that can't be ended now is tried again a while later, not at once") {
    waiting_device p;
    p.h.database.fail_commit(persistence::errc::unavailable);
    auto before = p.h.database.commits();
    p.h.env.advance(milliseconds(60000));
    CHECK(p.hear().empty());
    CHECK(p.h.database.commits() == before + 1);
    p.h.env.advance(milliseconds(999));
    CHECK(p.h.database.commits() == before + 1);
    p.h.env.advance(milliseconds(1));
    CHECK(p.hear() == heard{"say No lamp: timeout.", "state ready", "turn.done t-1"});
}

TEST_CASE("what can't be stored as it is too large ends its turn all the same") {
    waiting_device p;
    auto what = GENERATE("result", "cancel", "deadline");
    CAPTURE(what);
    p.h.database.fail_commit(persistence::errc::too_large);
    if (what == std::string("result")) p.say(tool_result(p.call, {{"is", "on"}}));
    if (what == std::string("cancel")) p.say({{"type", "cancel"}, {"turn", "t-1"}});
    if (what == std::string("deadline")) p.h.env.advance(milliseconds(60000));
    CHECK(p.hear() == heard{"turn.failed t-1 turn.too_large"});
    p.say(house::turn("t-1", 1, "fetch"));
    CHECK(p.hear() == heard{"accepted t-1 failed"});
}

TEST_CASE("a result for a tool of another turn is for none") {
    waiting_device p;
    auto result = tool_result(p.call, {{"is", "on"}});
    result["turn"] = "t-9";
    p.say(result);
    CHECK(p.hear() == heard{"error tool.not_open"});
    result["turn"] = "t-1";
    p.say(result);
    CHECK(p.hear().back() == "turn.done t-1");
}
