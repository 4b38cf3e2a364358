// What people say beside what the script has asked for: none of it may be taken for more than it says.

#include "tests/statemachine/coach/talk.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using coach::coach_phase;
using coach::identity_state;

namespace {

using names = std::vector<std::string>;

} // namespace

TEST_CASE("consent is given by a yes, not by a sentence that begins like one") {
    for (const auto* text :
         {"I have a question about my data first, please", "I am worried about what you keep",
          "Right now I would rather not, thank you so much", "Good question", "I will think about it"}) {
        CAPTURE(text);
        talk with(coach_phase::introduction);
        with.of.unsay(coach::said::consented);
        with.asked("consent").say(text);
        CHECK_FALSE(with.of.has_said(coach::said::consented));
        CHECK(with.topic() == "consent");
    }
    for (const auto* text : {"I do", "I agree", "Yes, that's all right.", "that is fine with me", "good",
                             "It's okay", "well, yes", "I am, with all my heart", "fine, let's go"}) {
        CAPTURE(text);
        talk with(coach_phase::introduction);
        with.of.unsay(coach::said::consented);
        with.asked("consent").say(text);
        CHECK(with.of.has_said(coach::said::consented));
    }
}

TEST_CASE("who is scared or has doubts has not committed") {
    for (const auto* text : {"I am scared", "I have doubts", "I will see", "good for others"}) {
        CAPTURE(text);
        talk with(coach_phase::identity_commitment);
        with.with("Singer", identity_state::refinement_complete);
        with.asked("commit", "Singer").say(text);
        CHECK(with.identity("Singer").state == identity_state::refinement_complete);
        CHECK(with.topic() == "commit");
    }
    for (const auto* text : {"I am", "I do", "I will, even when it is hard to do", "I absolutely do"}) {
        CAPTURE(text);
        talk with(coach_phase::identity_commitment);
        with.with("Singer", identity_state::refinement_complete);
        with.asked("commit", "Singer").say(text);
        CHECK(with.identity("Singer").state == identity_state::commitment_complete);
    }
}

TEST_CASE("a step that is still to come is not done") {
    for (const auto* text : {"I will do it tomorrow", "I am still working on it", "I have forgotten",
                             "Yes, tomorrow", "I will"}) {
        CAPTURE(text);
        talk with(coach_phase::accountability);
        with.planning("call Mia").asked("follow_up", "call Mia").say(text);
        CHECK_FALSE(with.is_done("call Mia"));
        CHECK(with.topic() == "follow_up.not_yet");
    }
    for (const auto* text : {"yes, I did", "I did it today", "It is done", "done"}) {
        CAPTURE(text);
        talk with(coach_phase::accountability);
        with.planning("call Mia").asked("follow_up", "call Mia").say(text);
        CHECK(with.is_done("call Mia"));
    }
}

TEST_CASE("who tells of something done is asked whether it was the step") {
    talk with(coach_phase::accountability);
    with.planning("buy seeds").asked("follow_up", "buy seeds");
    CHECK(has(with.say("I bought them"), "buy seeds"));
    CHECK_FALSE(with.is_done("buy seeds"));
    CHECK(with.topic() == "follow_up.unclear");
    with.say("yes");
    CHECK(with.is_done("buy seeds"));
}

TEST_CASE("who is still tired goes on resting") {
    talk with(coach_phase::identity_warm_up);
    with.of.resting = {"b1", {coach::coach_stage::get_to_know, {}, {}}};
    with.asked("who_you_are").say("I am still tired");
    CHECK(with.of.resting.has_value());
    with.say("I'm ready");
    CHECK_FALSE(with.of.resting.has_value());
}

TEST_CASE("a report completes the step whose words it shares, and asks about any other") {
    talk with(coach_phase::accountability);
    with.planning("call Mia").asked("report");
    CHECK_FALSE(has(with.say("I have had no time this week"), "well done"));
    with.asked("report").say("I did something else");
    CHECK_FALSE(with.is_done("call Mia"));
    CHECK(with.topic() == "follow_up");
    with.planning("write to Tom").asked("report").say("I have a terrible week behind me");
    CHECK(with.topic() == "report");
    with.say("I called Tom, I mean Mia");
    CHECK(with.of.open_items().size() == 2); // "Mia" and "Tom" are too short to be told apart
    with.asked("report").say("I did write that letter");
    CHECK(with.is_done("write to Tom"));
}

TEST_CASE("an identity is let go only when the user says so") {
    for (const auto* text : {"keep it", "let me think", "skip", "what happens then?", "no", "Yes, keep it"}) {
        CAPTURE(text);
        talk with(coach_phase::identity_commitment);
        with.with("Singer", identity_state::refinement_complete).asked("commit.no", "Singer").say(text);
        CHECK(with.identity("Singer").state == identity_state::refinement_complete);
        CHECK(with.topic() == "commit");
    }
    talk with(coach_phase::identity_commitment);
    with.with("Singer", identity_state::refinement_complete)
        .with("Baker", identity_state::refinement_complete);
    with.asked("commit.no", "Singer").say("yes");
    CHECK(with.names() == names{"Baker"});
    with.asked("commit.no", "Baker").say("let it go");
    CHECK(with.names().empty());
}

TEST_CASE("an identity that another session has brought in is taken back to where it is worked on") {
    for (auto phase : {coach_phase::identity_commitment, coach_phase::i_am_statement,
                       coach_phase::identity_visualization}) {
        CAPTURE(persistence::to_string(phase));
        talk with(phase);
        with.with("Dancer");
        auto told = with.say("hello");
        CHECK(has(told, "Dancer"));
        CHECK(with.topic() == "back_to_brainstorming");
        CHECK_FALSE(has(with.say("hm"), "A clear yes"));
        CHECK(with.of.state.phase == phase);
        with.say("yes");
        CHECK(with.of.state.phase == coach_phase::anything_missing);
        CHECK(with.topic() == "refine");
    }
}

TEST_CASE("of an action that was refused nothing else is claimed") {
    talk with(coach_phase::i_am_statement);
    with.with("Singer", identity_state::commitment_complete).asked("i_am", "Singer");
    auto told = with.say(std::string("a clear\0voice", 13));
    CHECK_FALSE(has(told, "clear"));
    CHECK(with.identity("Singer").state == identity_state::commitment_complete);
    CHECK(with.topic() == "i_am");
}

TEST_CASE("who says more than there is room for is told so") {
    talk with(coach_phase::i_am_statement);
    with.with("Singer", identity_state::commitment_complete).asked("i_am", "Singer");
    for (int i = 0; i < 60; ++i)
        with.of.facts["fact" + std::to_string(i)] = std::string(2000, 'x');
    CHECK(
        has(with.say("a very clear and long voice that fills a large room up to its last row"), "room for"));
    CHECK(with.topic() == "i_am");
}

TEST_CASE("who gives no name is not called by the refusal") {
    for (const auto* text :
         {"skip", "I don't know", "nothing", "I'd rather not", "nobody", "later", "none", "pass"}) {
        CAPTURE(text);
        talk with(coach_phase::introduction);
        with.asked("name").say(text);
        CHECK_FALSE(with.of.facts.contains("name"));
        CHECK(with.topic() == "ready");
    }
    talk with(coach_phase::introduction);
    with.asked("name").say("No, call me Ada");
    CHECK(with.of.facts["name"] == "Ada");
}

TEST_CASE("what stands before the end of a list is on it") {
    talk with(coach_phase::identity_warm_up);
    with.asked("who_you_are.more").say("painter, teacher, that's all");
    CHECK(with.of.state.who_you_are == names{"painter", "teacher"});

    talk earning(coach_phase::identity_brainstorming);
    earning.asked("category", "maker_of_money").say("gardener and cook, that's it");
    CHECK(earning.names() == names{"Gardener", "Cook"});
    earning.asked("category", "doer_of_things").say("someone who gets things done");
    CHECK(earning.names() == names{"Gardener", "Cook", "Gets things done"});
    earning.asked("category", "spiritual").say("No, just a dancer");
    CHECK(earning.names() == names{"Gardener", "Cook", "Gets things done", "Dancer"});
    CHECK(earning.of.state.skipped.empty());

    talk missing(coach_phase::anything_missing);
    missing.asked("missing").say("a dancer, that's all");
    CHECK(missing.names() == names{"Dancer"});
    CHECK_FALSE(missing.of.has_said(coach::said::nothing_missing));
}

TEST_CASE("a no in whatever words is nobody's name") {
    for (const auto* text : {"I don't think so", "the company is complete", "it's complete", "no, nobody",
                             "nothing comes to mind", "I'm not missing anybody"}) {
        CAPTURE(text);
        talk with(coach_phase::anything_missing);
        with.with("Singer", identity_state::refinement_complete).asked("missing.more").say(text);
        CHECK(with.names() == names{"Singer"});
        CHECK(with.of.state.phase == coach_phase::identity_commitment);
    }
    for (const auto* text : {"I am not spiritual at all", "nothing comes to mind", "not really"}) {
        CAPTURE(text);
        talk with(coach_phase::identity_brainstorming);
        with.asked("category", "spiritual").say(text);
        CHECK(with.names().empty());
        CHECK(with.of.is_skipped(coach::identity_category::spiritual));
    }
    talk single(coach_phase::identity_brainstorming);
    single.asked("category", "romantic_relation").say("I'm single");
    CHECK(single.names().empty());
}

TEST_CASE("a yes is no item of a list, and what stands behind it is one") {
    talk with(coach_phase::identity_warm_up);
    with.asked("who_you_are.more");
    with.of.state.who_you_are = {"painter"};
    with.say("yes");
    CHECK(with.of.state.who_you_are == names{"painter"});
    CHECK(with.of.has_said(coach::said::who_you_are_done));

    talk missing(coach_phase::anything_missing);
    missing.asked("missing").say("Yes, a dancer");
    CHECK(missing.names() == names{"Dancer"});
    missing.asked("missing").say("yes, there is");
    CHECK(missing.topic() == "missing.which");
}

TEST_CASE("a question back is answered, and adds nothing to a list") {
    talk with(coach_phase::identity_brainstorming);
    with.asked("category", "spiritual");
    CHECK(has(with.say("How long does this take?"), "And?"));
    with.asked("category", "spiritual").say("seeker?");
    CHECK(with.names() == names{"Seeker"});

    talk missing(coach_phase::anything_missing);
    missing.asked("missing").say("What do others say here?");
    missing.say("I'm not sure");
    CHECK(missing.names().empty());
    CHECK(missing.topic() == "missing");

    talk warm(coach_phase::identity_warm_up);
    warm.asked("who_you_are").say("How many do you need?");
    CHECK(warm.of.state.who_you_are.empty());
}

TEST_CASE("no is no statement, no picture and no note") {
    talk with(coach_phase::i_am_statement);
    with.with("Singer", identity_state::commitment_complete).asked("i_am", "Singer").say("no");
    CHECK(with.identity("Singer").i_am_statement == "I am Singer.");

    talk seeing(coach_phase::identity_visualization);
    seeing.with("Singer", identity_state::i_am_complete).asked("visualize", "Singer").say("not yet");
    CHECK(seeing.identity("Singer").visualization == "Not in words yet.");

    talk deciding(coach_phase::identity_commitment);
    deciding.with("Singer", identity_state::refinement_complete).asked("commit", "Singer").say("skip");
    CHECK(deciding.topic() == "commit.no");
    CHECK(deciding.identity("Singer").notes.empty());
}

TEST_CASE("when nobody is left the coach goes back only on a yes, in each of the phases") {
    for (auto phase : {coach_phase::identity_commitment, coach_phase::i_am_statement,
                       coach_phase::identity_visualization}) {
        CAPTURE(persistence::to_string(phase));
        talk with(phase);
        with.say("hello");
        REQUIRE(with.topic() == "back_to_brainstorming");
        with.say("no");
        CHECK(with.of.state.phase == phase);
        CHECK(with.topic() == "back_to_brainstorming");
        with.say("yes");
        CHECK(with.of.state.phase == coach_phase::anything_missing);
        CHECK(with.topic() == "nobody_left");
    }
}

TEST_CASE("a no in whatever words is no step") {
    for (const auto* text : {"no thanks, not now", "Not right now", "I don't think so", "yes, that's all"}) {
        CAPTURE(text);
        talk with(coach_phase::action_planning);
        with.planning("call Mia").asked("plan.more").say(text);
        CHECK(with.of.state.phase == coach_phase::accountability);
        CHECK(with.of.items.size() == 1);
    }
    talk with(coach_phase::action_planning);
    with.planning("call Mia").asked("plan.more").say("Don't smoke tomorrow");
    CHECK(with.of.items.size() == 2);
    with.asked("plan.more").say("I will call Tom tomorrow");
    CHECK(with.of.items.size() == 3);
}

TEST_CASE("a name that is there already is answered with what else to say") {
    talk with(coach_phase::identity_brainstorming);
    with.with("Singer").with("Gardener").asked("category", "maker_of_money");
    CHECK(has(with.say("singer"), "skip"));
    CHECK(with.topic() == "category");
}

TEST_CASE("who is content with the list goes on") {
    for (const auto* text :
         {"it's good", "all good", "fine as it is", "keep them all", "no", "yes, it is good"}) {
        CAPTURE(text);
        talk with(coach_phase::brainstorming_review);
        with.with("Singer").asked("overlaps.more").say(text);
        CHECK(with.of.has_said(coach::said::overlaps_handled));
    }
    talk with(coach_phase::brainstorming_review);
    with.with("Singer").asked("overlaps").say("yes");
    CHECK(with.topic() == "overlaps.which");
}

TEST_CASE("enough ends the list that is open, and otherwise the talk") {
    for (const auto* text : {"enough", "that's enough"}) {
        CAPTURE(text);
        talk with(coach_phase::identity_warm_up);
        with.of.state.who_you_are = {"painter"};
        with.asked("who_you_are.more").say(text);
        CHECK(with.of.has_said(coach::said::who_you_are_done));
        talk refining(coach_phase::identity_refinement);
        refining.with("Singer").asked("refine", "Singer");
        CHECK(has(refining.say(text), "Goodbye"));
    }
}
