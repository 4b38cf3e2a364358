// The sample coach, whole: from the first hello to accountability, as the scripted speaker leads it.

#include "statemachine/coach/model.hpp"
#include "tests/statemachine/coach/conversation.hpp"
#include "tests/statemachine/running_machine.hpp"
#include "tests/support/machine_document.hpp"

#include <set>

using namespace rejoinder;
using namespace rejoinder::tests;
using statemachine::effect;

namespace {

/// The sample coach, with other draws in every turn.
class coach_session {
public:
    explicit coach_session(std::uint64_t seed = 1) : machine(sample_machine("coach")), seed_(seed) {
        machine.inputs.now = from_unix(1'700'000'000'000);
    }

    /// All that the coach says to it.
    std::string say(std::string_view text) {
        machine.inputs.seed = seed_ + 7919 * ++turns_;
        machine.hear(std::string(text));
        return answer();
    }

    std::string answer() const {
        REQUIRE_FALSE(machine.last.error);
        std::string all;
        for (const auto& text : machine.said())
            all += (all.empty() ? "" : " ") + text;
        return all;
    }

    std::vector<json> shown(std::string_view kind) const {
        std::vector<json> all;
        for (const auto& one : machine.last.effects)
            if (one.what == effect::kind::show && one.name == kind) all.push_back(one.data);
        return all;
    }

    /// Speaks as far as this line of the conversation, which is not said.
    coach_session& until(std::string_view line) {
        for (auto text : coaching_conversation) {
            if (text == line) return *this;
            say(text);
        }
        FAIL("the conversation has no such line");
        return *this;
    }

    json model() const { return machine.context()["coach"]; }

    running_machine machine;

private:
    std::uint64_t seed_;
    std::uint64_t turns_ = 0;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a whole coaching conversation goes through all twelve phases, whatever is drawn") {
    for (std::uint64_t seed : {1, 2, 3, 4, 5}) {
        CAPTURE(seed);
        coach_session session(seed);
        std::vector<std::string> states{session.machine.state()};
        for (auto text : coaching_conversation) {
            auto answer = session.say(text);
            CAPTURE(text, answer);
            CHECK_FALSE(answer.empty());
            CHECK(answer.find('{') == std::string::npos);
            for (const auto& one : session.shown("action"))
                CHECK(one["success"] == true);
            if (states.back() != session.machine.state()) states.push_back(session.machine.state());
        }
        CHECK(states == std::vector<std::string>{
                            "introduction", "get_to_know_you", "identity_warm_up", "identity_brainstorming",
                            "resting", "identity_brainstorming", "brainstorming_review",
                            "identity_refinement", "anything_missing", "identity_commitment",
                            "i_am_statement", "identity_visualization", "action_planning", "accountability"});
        auto model = session.model();
        CHECK(model["facts"]["name"] == "Ada");
        CHECK(model["facts"]["family_structure"] == "two sisters and a noisy dog");
        CHECK(model["state"]["who_you_are"] == json{"clockmaker", "sister", "shy", "night owl"});
        CHECK(model["state"]["skipped"] == json{"spiritual", "romantic_relation"});
        CHECK(model["identities"].size() == 10);
        for (const auto& one : model["identities"]) {
            bool gone = one["name"] == "Careful saver" || one["name"] == "Planner";
            CAPTURE(one.dump());
            CHECK(one["state"] == (gone ? "archived" : "visualization_complete"));
            CHECK(one.contains("visualization") == !gone);
            CHECK((gone || one.contains("description")));
        }
        CHECK(model["items"].size() == 2);
        CHECK(session.machine.now.timers.size() == 2);
    }
}

TEST_CASE("nothing is said twice in a row, and few things twice at all") {
    coach_session session;
    std::multiset<std::string> said;
    std::string before;
    for (auto text : coaching_conversation) {
        auto answer = session.say(text);
        CHECK(answer != before);
        before = answer;
        said.insert(answer);
    }
    for (const auto& one : said)
        CHECK(said.count(one) == 1);
}

TEST_CASE("at every point of the conversation the coach can be stored, and goes on as if it had not been") {
    coach_session going;
    coach_session stored;
    for (auto text : coaching_conversation) {
        CAPTURE(text);
        stored.machine.store_and_load();
        CHECK(going.say(text) == stored.say(text));
        CHECK(statemachine::serialise(going.machine.machine(), going.machine.now) ==
              statemachine::serialise(stored.machine.machine(), stored.machine.now));
    }
}

TEST_CASE("without consent nothing is kept, and the coach waits") {
    coach_session session;
    session.say("Hello");
    CHECK(has(session.say("no"), "yes"));
    session.say("hm, bananas");
    session.say("remember that I like tea");
    session.say("break");
    session.say("back");
    CHECK(session.machine.state() == "introduction");
    CHECK(session.model()["notes"].empty());
    CHECK(session.model()["facts"].empty());
    CHECK(session.model()["state"].value("flags", json()) == json());
    session.say("yes");
    CHECK(session.model()["state"]["flags"] == json{"consented"});
}

TEST_CASE("the questions can be explained, skipped one by one, and declined altogether") {
    coach_session session;
    session.until("two sisters and a noisy dog");
    auto question = session.shown("ask").at(0)["text"].get<std::string>();
    CHECK(has(session.say("help"), question));
    session.say("I'd rather not say");
    CHECK_FALSE(session.model()["facts"].contains("family_structure"));
    session.say("no more questions, please");
    CHECK(session.machine.state() == "identity_warm_up");
    CHECK(session.model()["state"]["asked_questions"].size() == 3);
}

TEST_CASE("a break is offered between stages, refused within one, and ended by coming back") {
    coach_session session;
    session.until("a night owl");
    CHECK(session.say("I need a break").find("stage") != std::string::npos);
    CHECK(session.shown("action").at(0)["success"] == false);
    CHECK(session.machine.state() == "identity_warm_up");
    session.say("that's all");
    CHECK(has(session.say("done") + session.say("done"), "break"));
    session.say("break");
    CHECK(session.machine.state() == "resting");
    session.say("the weather is nice");
    CHECK(session.machine.state() == "resting");
    CHECK_FALSE(session.say("let's go on").empty());
    CHECK(session.machine.state() == "identity_brainstorming");
    CHECK(session.shown("ask").size() == 1);
}

TEST_CASE("back leads to an earlier phase and next forward again, with everything as it was") {
    coach_session session;
    session.until("She watches things grow, and does not pull at them.");
    REQUIRE(session.machine.state() == "identity_refinement");
    session.say("back");
    CHECK(session.machine.state() == "brainstorming_review");
    session.say("rename swimmer to Sea swimmer");
    session.say("add baker");
    session.say("next");
    CHECK(session.machine.state() == "identity_refinement");
    auto model = session.model();
    CHECK(model["identities"][0]["state"] == "refinement_complete");
    CHECK(model["identities"][5]["name"] == "Sea swimmer");
    CHECK(model["identities"].back()["name"] == "baker");
}

TEST_CASE("the user can ask at any time where things stand, and is asked the open question again") {
    coach_session session;
    session.until("Patient hands and a good lamp.");
    auto question = session.model()["script"]["question"].get<std::string>();
    CHECK(has(session.say("where are we?"), "step 6 of 12"));
    CHECK(has(session.answer(), question));
    CHECK(has(session.say("my identities"), "Singer, Gardener, Clockmaker"));
    CHECK(has(session.say("what did I tell you?"), "two sisters and a noisy dog"));
    session.say("remember that I sing alto");
    CHECK(has(session.say("my notes"), "1: I sing alto."));
    session.say("change note 1 to I sing soprano");
    CHECK(has(session.say("my notes"), "1: I sing soprano."));
    session.say("forget note 1");
    CHECK(session.model()["notes"].empty());
    CHECK_FALSE(session.say("goodbye").empty());
    CHECK(has(session.say("hello again"), question));
    CHECK(session.machine.state() == "identity_refinement");
}

TEST_CASE("a statement that does not fit is said anew, and the summary asked for again") {
    coach_session session;
    session.until("yes, that is me");
    session.say("no");
    session.say("the swimmer");
    session.say("I am the sea's guest");
    CHECK(has(session.answer(), "I am the sea's guest."));
    CHECK(session.machine.state() == "i_am_statement");
    session.say("yes");
    CHECK(session.machine.state() == "identity_visualization");
}

TEST_CASE("somebody who lets everybody go is asked for somebody new") {
    coach_session session;
    session.until("Somebody who opens her mouth and lets the room hear it.");
    for (int i = 0; i < 8; ++i)
        CHECK_FALSE(session.say("drop it").empty());
    CHECK(session.machine.state() == "identity_refinement");
    session.say("baker");
    session.say("Bread in the morning.");
    CHECK(session.machine.state() == "anything_missing");
}

TEST_CASE("the coach asks how a step went when its time has come, and blames nobody") {
    coach_session session;
    for (auto text : coaching_conversation)
        session.say(text);
    REQUIRE(session.machine.state() == "accountability");
    session.machine.pass(std::chrono::hours(23));
    session.machine.pass(std::chrono::hours(2));
    CHECK(has(session.answer(), "tomato seeds"));
    CHECK(session.machine.now.timers.size() == 1);
    session.say("yes, I did");
    CHECK(session.model()["items"][1]["status"] == "done");

    session.machine.pass(std::chrono::days(2));
    CHECK(has(session.answer(), "open stage"));
    CHECK(has(session.say("not yet"), "ask"));
    session.say("in two days");
    CHECK(session.machine.now.timers.size() == 1);
    session.machine.pass(std::chrono::days(2));
    CHECK(has(session.answer(), "open stage"));
    session.say("no");
    session.say("let it go");
    CHECK(session.model()["items"][0]["status"] == "dropped");
    CHECK(session.machine.now.timers.empty());

    session.say("yes");
    session.say("write to my sister");
    session.say("no date");
    session.say("done");
    CHECK(session.model()["items"][2]["status"] == "open");
    session.say("I wrote to my sister!");
    CHECK(session.model()["items"][2]["status"] == "done");
    CHECK_FALSE(session.say("no, that's all").empty());
    CHECK(session.shown("ask").empty());
}

TEST_CASE("a step that falls due while others are planned is asked about, and planning goes on") {
    coach_session session;
    session.until("sing at the open stage in the Anchor");
    session.say("buy tomato seeds in one minute");
    session.machine.pass(std::chrono::minutes(2));
    CHECK(has(session.answer(), "tomato seeds"));
    session.say("yes");
    CHECK(session.model()["items"][0]["status"] == "done");
    CHECK(session.machine.state() == "action_planning");
    session.say("done");
    CHECK(session.machine.state() == "accountability");
}

TEST_CASE("of two steps that fall due one behind the other each is asked about") {
    coach_session session;
    session.until("sing at the open stage in the Anchor");
    session.say("buy tomato seeds in one minute");
    session.say("call my sister in two minutes");
    session.machine.pass(std::chrono::minutes(5));
    CHECK(has(session.answer(), "sister"));
    CHECK(session.shown("ask").empty());
    CHECK(has(session.say("yes"), "sister"));
    CHECK(session.shown("ask").at(0)["expect"] == "follow_up");
    session.machine.store_and_load();
    session.say("yes");
    CHECK(session.model()["items"][0]["status"] == "done");
    CHECK(session.model()["items"][1]["status"] == "done");
}

TEST_CASE("an application asks for actions without words, and is told what became of them") {
    coach_session session;
    session.until("singer, gardener");
    session.machine.send(
        "coach.actions",
        {{"actions",
          {{{"action", "create_identity"}, {"parameters", {{"category", "spiritual"}, {"name", "Seeker"}}}},
           {{"action", "create_action_item"}, {"parameters", {{"text", "fly"}}}},
           {{"action", "dance"}}}}});
    auto told = session.shown("action");
    REQUIRE(told.size() == 3);
    CHECK(told[0]["success"] == true);
    CHECK(told[1]["data"]["code"] == "not_allowed_here");
    CHECK(told[2]["data"]["code"] == "unknown_action");
    CHECK(session.model()["identities"].size() == 1);
}

TEST_CASE("every result is kept for the action log, with what was asked") {
    coach_session session;
    session.until("My name is Ada.");
    session.say("My name is Ada.");
    json kept;
    for (const auto& one : session.machine.last.effects)
        if (one.what == effect::kind::keep) kept = one.data;
    REQUIRE(kept.is_object());
    CHECK(kept["log"].size() == session.shown("action").size());
    CHECK(kept["log"][0]["type"] == "save_fact");
    CHECK(kept["log"][0]["parameters"] == json{{"key", "name"}, {"value", "Ada"}});
    CHECK(session.machine.inputs.outside["user"]["coach_facts"]["name"] == "Ada");
}

TEST_CASE("ids are drawn by the step, so that a turn made again makes the same ones") {
    coach_session once;
    coach_session again;
    once.until("clockmaker");
    again.until("clockmaker");
    CHECK(once.model()["identities"] == again.model()["identities"]);
    CHECK(once.model()["identities"][0]["id"] != once.model()["identities"][1]["id"]);
    CHECK(once.model()["identities"][0]["id"].get<std::string>().size() == 26);
}
