// The guards that end the phases, both ways, and the ways back.

#include "tests/statemachine/coach/coached.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using coach::coach_phase;
using coach::identity_category;
using coach::identity_state;

namespace {

/// What a move to the next phase comes to: "done", or the guard that refuses it.
std::string leave(coached& somebody) {
    auto to = coach::phase_after(somebody.of.state.phase);
    if (!to) return "last";
    auto before = coach::to_json(somebody.of);
    auto moved = somebody.act("transition_phase", {{"to", persistence::to_string(*to)}});
    if (moved.done()) {
        CHECK(somebody.of.state.phase == *to);
        return "done";
    }
    CHECK(coach::to_json(somebody.of) == before);
    CHECK(moved.data["code"] == "missing");
    return moved.data["guard"];
}

} // namespace

TEST_CASE("the introduction ends with consent and readiness") {
    coached somebody;
    CHECK(leave(somebody) == "ready");
    somebody.act("note_statement", {{"statement", "ready"}});
    auto undecided = somebody;
    undecided.of.unsay(coach::said::consented);
    CHECK(coach::missing_to_leave(coach_phase::introduction, undecided.of)->code == "consent");
    CHECK(leave(somebody) == "done");
}

TEST_CASE("getting to know each other ends when all questions were asked, or the user declines") {
    coached asked(coach_phase::get_to_know_you);
    for (auto question : coach::questions()) {
        CHECK(leave(asked) == "questions");
        asked.act("mark_question", {{"question", question}});
    }
    CHECK(leave(asked) == "done");

    coached declined(coach_phase::get_to_know_you);
    declined.act("note_statement", {{"statement", "questions_declined"}});
    CHECK(leave(declined) == "done");
}

TEST_CASE("the warm-up ends when the user is done with both lists") {
    coached somebody(coach_phase::identity_warm_up);
    CHECK(leave(somebody) == "lists");
    somebody.act("note_statement", {{"statement", "who_you_want_to_be_done"}});
    CHECK(coach::missing_to_leave(coach_phase::identity_warm_up, somebody.of)->what == json{"who_you_are"});
    CHECK(leave(somebody) == "lists");
    somebody.act("note_statement", {{"statement", "who_you_are_done"}});
    CHECK(leave(somebody) == "done");
}

TEST_CASE("brainstorming ends when every category has an identity or is skipped, and passions have two") {
    coached somebody(coach_phase::identity_brainstorming);
    CHECK(coach::missing_to_leave(coach_phase::identity_brainstorming, somebody.of)->what.size() == 9);
    for (auto category : persistence::names_of(identity_category{})) {
        CHECK(leave(somebody) == "categories");
        auto skipped = somebody.act("skip_category", {{"category", category}});
        CHECK(skipped.done() == (category != "passions_and_talents"));
    }
    somebody.act("create_identity", {{"category", "passions_and_talents"}, {"name", "Singer"}});
    CHECK(leave(somebody) == "categories");
    somebody.with("Ghost", identity_state::archived);
    CHECK(leave(somebody) == "categories");
    somebody.act("create_identity", {{"category", "passions_and_talents"}, {"name", "Gardener"}});
    CHECK(coach::missing_to_leave(coach_phase::identity_brainstorming, somebody.of) == std::nullopt);
    somebody.act("unskip_category", {{"category", "spiritual"}});
    CHECK(leave(somebody) == "categories");
    somebody.act("create_identity", {{"category", "spiritual"}, {"name", "Seeker"}});
    CHECK(leave(somebody) == "done");
}

TEST_CASE("the review ends when overlaps are handled, and sets the focus") {
    coached somebody(coach_phase::brainstorming_review);
    CHECK(leave(somebody) == "overlaps");
    somebody.act("note_statement", {{"statement", "overlaps_handled"}});
    CHECK(leave(somebody) == "done");
    CHECK(somebody.of.state.focus == identity_category::passions_and_talents);
}

TEST_CASE("a phase that raises identities ends when none is below its state") {
    using step = std::pair<coach_phase, identity_state>;
    for (const auto& [phase, state] :
         {step{coach_phase::identity_refinement, identity_state::refinement_complete},
          step{coach_phase::identity_commitment, identity_state::commitment_complete},
          step{coach_phase::identity_visualization, identity_state::visualization_complete}}) {
        CAPTURE(persistence::to_string(phase));
        coached nobody(phase);
        CHECK(leave(nobody) == "identities");
        coached somebody(phase);
        somebody.with("Singer", state).with("Ghost", identity_state::archived);
        somebody.with("Gardener", static_cast<identity_state>(static_cast<int>(state) - 1));
        CHECK(leave(somebody) == "identities");
        CHECK(coach::missing_to_leave(phase, somebody.of)->what == json{"Gardener"});
        somebody.of.find_identity("Gardener")->value.state = state;
        CHECK(leave(somebody) == "done");
    }
}

TEST_CASE("nothing is missing when the user says so and all identities are refined") {
    coached somebody(coach_phase::anything_missing);
    somebody.with("Singer", identity_state::refinement_complete);
    CHECK(leave(somebody) == "nothing_missing");
    somebody.act("note_statement", {{"statement", "nothing_missing"}});
    somebody.act("create_identity", {{"category", "spiritual"}, {"name", "Seeker"}});
    CHECK(leave(somebody) == "nothing_missing"); // somebody was missing after all
    somebody.act("note_statement", {{"statement", "nothing_missing"}});
    CHECK(leave(somebody) == "identities");
    somebody.act("accept_identity", {{"identity", "Seeker"}});
    somebody.act("complete_refinement", {{"identity", "Seeker"}});
    CHECK(leave(somebody) == "done");
}

TEST_CASE("the statements end when all are there and the summary is acknowledged") {
    coached somebody(coach_phase::i_am_statement);
    somebody.with("Singer", identity_state::commitment_complete);
    somebody.act("note_statement", {{"statement", "summary_acknowledged"}});
    CHECK(leave(somebody) == "identities");
    somebody.act("complete_i_am", {{"identity", "Singer"}, {"i_am_statement", "I am a voice."}});
    CHECK(leave(somebody) == "summary"); // of other statements than these
    somebody.act("note_statement", {{"statement", "summary_acknowledged"}});
    somebody.act("update_identity", {{"identity", "Singer"}, {"i_am_statement", "I am a clear voice."}});
    CHECK(leave(somebody) == "summary");
    somebody.act("note_statement", {{"statement", "summary_acknowledged"}});
    CHECK(leave(somebody) == "done");
}

TEST_CASE("planning ends with at least one action item, and accountability not at all") {
    coached somebody(coach_phase::action_planning);
    CHECK(leave(somebody) == "action_items");
    somebody.act("create_action_item", {{"text", "call Mia"}});
    CHECK(leave(somebody) == "done");
    CHECK(leave(somebody) == "last");
    CHECK(coach::missing_to_leave(coach_phase::accountability, somebody.of)->code == "last");
}

TEST_CASE("no phase is left out, and none is gone back to unasked, and identities keep their states") {
    for (int from = 0; from < 12; ++from)
        for (int to = 0; to < 12; ++to) {
            CAPTURE(from, to);
            coached somebody(static_cast<coach_phase>(from));
            somebody.with("Singer", identity_state::visualization_complete);
            json move = {{"to", persistence::to_string(static_cast<coach_phase>(to))}};
            auto unasked = somebody.try_to("transition_phase", move);
            if (to == from) CHECK(unasked == "there_already");
            if (to > from + 1) CHECK(unasked == "not_next");
            if (to >= from) continue;
            CHECK(unasked == "not_asked_for");
            move["asked_for"] = true;
            CHECK(somebody.try_to("transition_phase", move) == "done");
            CHECK(somebody.identity("Singer").state == identity_state::visualization_complete);
        }
}

TEST_CASE("stages group the phases, and progress goes from nothing to all") {
    using coach::coach_stage;
    std::vector<coach_stage> stages;
    for (int i = 0; i < 12; ++i)
        stages.push_back(coach::stage_of(static_cast<coach_phase>(i)));
    CHECK(stages == std::vector<coach_stage>{
                        coach_stage::welcome, coach_stage::get_to_know, coach_stage::get_to_know,
                        coach_stage::brainstorming, coach_stage::brainstorming, coach_stage::refinement,
                        coach_stage::refinement, coach_stage::commitment, coach_stage::i_am,
                        coach_stage::visualization, coach_stage::onward, coach_stage::onward});
    CHECK(coach::progress(coached().of)["percent"] == 0);
    CHECK(coach::progress(coached(coach_phase::accountability).of)["percent"] == 100);
    CHECK(coach::progress(coached(coach_phase::identity_refinement).of)["step"] == 6);
}
