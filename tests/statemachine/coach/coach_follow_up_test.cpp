// When the scripted speaker asks how a step went.

#include "tests/statemachine/coach/talk.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using coach::coach_phase;
using coach::identity_state;

TEST_CASE("a step that was moved is not asked about at its old time") {
    talk with(coach_phase::accountability);
    with.planning("call Mia").asked("report");
    with.of.items.back().value.due = with.around.now + std::chrono::hours(1);
    CHECK(with.follow_up("call Mia") == " ");
    CHECK(with.topic() == "report");
}

TEST_CASE("a step that falls due takes no answer that belongs to another question") {
    for (const auto* open : {"when", "follow_up", "follow_up.not_yet"}) {
        CAPTURE(open);
        talk with(coach_phase::accountability);
        with.planning("call Mia").planning("write to Tom").asked(open, "write to Tom");
        CHECK(has(with.follow_up("call Mia"), "call Mia"));
        CHECK(with.topic() == open);
    }
}

TEST_CASE("a step that fell due at another question's moment is asked about when that has its answer") {
    for (auto phase : {coach_phase::action_planning, coach_phase::accountability}) {
        CAPTURE(phase);
        talk with(phase);
        with.planning("call Mia").planning("write to Tom").planning("sing");
        with.asked("follow_up", "call Mia");
        with.follow_up("write to Tom");
        with.follow_up("sing");
        with.follow_up("write to Tom");
        CHECK(has(with.say("yes, I did"), "write to Tom"));
        CHECK(with.is_done("call Mia"));
        CHECK(with.topic() == "follow_up");
        CHECK(has(with.say("drop it"), "sing"));
        with.say("no");
        CHECK(with.topic() == "follow_up.not_yet");
        with.say("tomorrow");
        CHECK(with.topic() == (phase == coach_phase::accountability ? "report" : "plan.more"));
    }
    SECTION("behind a step that is being planned") {
        talk with(coach_phase::action_planning);
        with.planning("call Mia").asked("when");
        with.of.script["pending"] = "write to Tom";
        with.follow_up("call Mia");
        CHECK(has(with.say("in two days"), "call Mia"));
        CHECK(with.of.items.size() == 2);
        with.say("yes");
        CHECK(with.topic() == "plan.more");
    }
    SECTION("not when it is done by then, or has another time") {
        talk with(coach_phase::accountability);
        with.planning("call Mia").planning("write to Tom").planning("sing").asked("follow_up", "call Mia");
        with.follow_up("write to Tom");
        with.follow_up("sing");
        with.of.find_item("write to Tom")->value.status = persistence::action_status::done;
        with.of.find_item("sing")->value.due = with.around.now + std::chrono::hours(1);
        with.say("yes");
        CHECK(with.topic() == "report");
    }
    SECTION("in an earlier phase, when the steps are spoken of again") {
        talk with(coach_phase::identity_visualization);
        with.with("Singer", identity_state::visualization_complete).planning("call Mia").asked("visualize");
        CHECK(has(with.follow_up("call Mia"), "call Mia"));
        CHECK(with.topic() == "visualize");
        with.of.state.phase = coach_phase::action_planning;
        with.asked("revisit");
        CHECK(has(with.say("next"), "call Mia"));
        CHECK(with.topic() == "follow_up");
    }
}
