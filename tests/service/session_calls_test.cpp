// Actors that machines invoke: calls that are durable, previews that are not.

#include "tests/service/thinker.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

using heard = std::vector<std::string>;

namespace {

json think(const std::string& id = "t-1", std::uint64_t number = 1) {
    return house::turn(id, number, "think");
}

/// What is shown next of an answer that has grown.
json next_part(study& h) {
    h.env.advance(milliseconds(50));
    auto part = h.socket->next("part");
    REQUIRE(part);
    return *part;
}

void check_begins_anew(const json& before, const json& after, const std::string& text) {
    CHECK(after["attempt"] > before["attempt"]);
    CHECK(after["offset"] == 0);
    CHECK(after["data"]["text"] == text);
}

/// Comes back as a device whose connection has gone.
void come_back(study& h, std::uint64_t seen) {
    h.socket = h.connect();
    h.welcome = h.attach(*h.socket, house::resume(h.welcome, seen));
}

} // namespace

TEST_CASE("a turn that asks the responder is parked until that has answered") {
    study h;
    h.say(think());
    CHECK(h.hear() == heard{"accepted t-1 parked", "say Hm.", "state thinking"});
    REQUIRE(h.mind.calls.size() == 1);
    CHECK(h.mind.last().what.input == json{{"said", "think"}});
    CHECK(h.mind.last().what.key ==
          h.welcome["session"].get<std::string>() + "/" + h.welcome["epoch"].get<std::string>() + "/a1");
    CHECK(h.mind.last().what.patience == milliseconds(60000));
    h.mind.finish({{"text", "Because."}});
    CHECK(h.hear() == heard{"say Because.", "state ready", "turn.done t-1"});
    CHECK_FALSE(h.mind.last().wanted);
}

TEST_CASE("nobody is asked before the turn that wants it is durable") {
    study h;
    h.database.fail_commit(persistence::errc::unavailable);
    h.say(think());
    CHECK(h.hear() == heard{"rejected t-1 store.unavailable"});
    CHECK(h.mind.calls.empty());
}

TEST_CASE("the text of an answer is shown as it comes, joined to at most twenty parts a second") {
    study h;
    h.say(think());
    h.hear();
    for (const auto* more : {"Be", "ca", "use"})
        h.mind.say(more);
    CHECK(h.hear().empty());
    h.env.advance(milliseconds(50));
    auto part = h.socket->next("part");
    REQUIRE(part);
    CHECK((*part)["turn"] == "t-1");
    CHECK((*part)["offset"] == 0);
    CHECK((*part)["data"]["text"] == "Because");
    auto attempt = (*part)["attempt"];
    h.mind.say(" of you");
    h.env.advance(milliseconds(50));
    part = h.socket->next("part");
    REQUIRE(part);
    CHECK((*part)["offset"] == 7);
    CHECK((*part)["attempt"] == attempt);
    CHECK((*part)["data"]["text"] == " of you");
    h.mind.finish({{"text", "Because of you."}});
    h.env.advance(milliseconds(50));
    CHECK(h.hear() == heard{"say Because of you.", "state ready", "turn.done t-1"});
}

TEST_CASE("an answer that begins anew voids what was shown of it") {
    study h;
    h.say(think());
    h.hear();
    h.mind.say("Perhaps");
    auto before = next_part(h);
    h.mind.last().who.on_restart();
    h.mind.say("No");
    auto after = next_part(h);
    check_begins_anew(before, after, "No");
}

TEST_CASE("who comes back gets the text so far once, and what follows") {
    study h;
    h.say(think());
    h.hear();
    h.mind.say("So far");
    h.env.advance(milliseconds(50));
    h.socket->vanish();
    come_back(h, 3);
    h.env.advance(milliseconds(50));
    CHECK(h.hear() == heard{"part So far"});
    h.mind.say(", so good");
    h.env.advance(milliseconds(50));
    CHECK(h.hear() == heard{"part , so good"});
}

TEST_CASE("another life of the server makes an open call again, under the same key") {
    study h;
    h.say(think());
    h.hear();
    h.mind.say("Half a");
    auto before = next_part(h);
    auto key = h.mind.last().what.key;
    h.socket->vanish();
    h.close();
    CHECK_FALSE(h.mind.last().wanted);
    h.open();
    come_back(h, 3);
    REQUIRE(h.mind.calls.size() == 2);
    CHECK(h.mind.last().what.key == key);
    CHECK(h.welcome["running"] == json{{"turn", "t-1"}, {"status", "parked"}});
    h.mind.say("A whole");
    auto after = next_part(h);
    check_begins_anew(before, after, "A whole");
    h.mind.finish({{"text", "A whole answer."}});
    CHECK(h.hear() == heard{"say A whole answer.", "state ready", "turn.done t-1"});
}

TEST_CASE("a responder that fails, or does not answer in time, is the machine's to answer for") {
    study h;
    SECTION("it fails") {
        h.say(think());
        h.hear();
        h.mind.fail("busy");
        CHECK(h.hear() == heard{"say I can't: busy.", "state ready", "turn.done t-1"});
    }
    SECTION("it says more than can be kept") {
        h.say(think());
        h.hear();
        h.mind.say(std::string(64 * 1024, 'x'));
        h.mind.say("x");
        CHECK(h.hear().back() == "turn.done t-1");
        CHECK_FALSE(h.mind.last().wanted);
    }
    SECTION("the machine has no word for it, so the turn fails") {
        h.say(house::turn("t-1", 1, "ponder"));
        h.hear();
        h.mind.fail("busy");
        CHECK(h.hear() == heard{"turn.failed t-1 actor.failed"});
    }
    SECTION("it says nothing for a minute") {
        h.say(house::turn("t-1", 1, "ponder"));
        h.hear();
        h.env.advance(milliseconds(59'999));
        CHECK(h.hear().empty());
        h.env.advance(milliseconds(1));
        CHECK(h.hear() == heard{"turn.failed t-1 actor.failed"});
        CHECK_FALSE(h.mind.last().wanted);
    }
}

TEST_CASE("a server that has nobody who answers says so to the machine") {
    study h;
    h.answers = nullptr;
    h.socket->vanish();
    h.close();
    h.open();
    come_back(h, 0);
    h.hear();
    h.say(think());
    CHECK(h.hear() == heard{"accepted t-1 parked", "say Hm.", "state thinking",
                            "say I can't: responder.none.", "state ready", "turn.done t-1"});
}

TEST_CASE("a turn that is cancelled takes its question along") {
    study h;
    h.say(think());
    h.hear();
    h.say({{"type", "cancel"}, {"turn", "t-1"}});
    CHECK(h.hear() == heard{"say I can't: cancelled.", "state ready", "turn.failed t-1 cancelled"});
    CHECK_FALSE(h.mind.last().wanted);
}

TEST_CASE("a state that is left by a timer gives its question up") {
    study h;
    h.say(think());
    h.hear();
    h.env.advance(milliseconds(30'000));
    CHECK_FALSE(h.mind.last().wanted);
    CHECK(h.hear() == heard{"state ready", "turn.done t-1"});
    h.say(house::turn("t-2", 2, "hello"));
    CHECK(h.hear().front() == "accepted t-2 done");
    h.say(think());
    auto again = h.socket->next("accepted");
    REQUIRE(again);
    CHECK((*again)["duplicate"] == true);
    CHECK((*again)["status"] == "done");
}

TEST_CASE("an answer that came in time counts, however late it can be stored") {
    study h;
    h.say(house::turn("t-1", 1, "ponder"));
    h.hear();
    h.env.advance(milliseconds(59'500));
    h.database.fail_commit(persistence::errc::unavailable);
    h.mind.finish({{"text", "Late."}});
    h.env.advance(milliseconds(2000));
    CHECK(h.hear().back() == "turn.done t-1");
}

TEST_CASE("a question that follows another one in the same turn is shown from its beginning") {
    study h;
    h.say(think());
    h.hear();
    h.mind.say("The first answer");
    auto before = next_part(h);
    h.mind.finish({{"text", "again"}});
    h.hear();
    REQUIRE(h.mind.calls.size() == 2);
    h.mind.say("Short");
    auto after = next_part(h);
    check_begins_anew(before, after, "Short");
}

TEST_CASE("an answer that can't be stored is stored later") {
    study h;
    h.say(think());
    h.hear();
    h.database.fail_commit(persistence::errc::unavailable);
    h.mind.finish({{"text", "Because."}});
    CHECK(h.hear().empty());
    h.env.advance(milliseconds(1001));
    CHECK(h.hear() == heard{"say Because.", "state ready", "turn.done t-1"});
    CHECK(h.mind.calls.size() == 1);
}
