// Which phase allows which action, and what each comes to.

#include "tests/statemachine/coach/coached.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using coach::coach_phase;
using coach::identity_category;
using coach::identity_state;

namespace {

/// The rule, a column for each phase in their order: x is allowed.
struct row {
    const char* action;
    const char* phases;
};
constexpr auto rules = std::to_array<row>({
    //                            i g w b r f m c a v p t
    {"create_identity", /*     */ "...xxxx....."}, {"create_identities", /*   */ "...xxxx....."},
    {"update_identity", /*     */ "...xxxxxxx.."}, {"rename_identity", /*     */ "...xxxxxxx.."},
    {"archive_identity", /*    */ "...xxxxxxx.."}, {"accept_identity", /*     */ "...xxxx....."},
    {"complete_refinement", /* */ ".....xx....."}, {"complete_commitment", /* */ ".......x...."},
    {"complete_i_am", /*       */ "........x..."}, {"complete_visualization", ".........x.."},
    {"add_identity_note", /*   */ "...xxxxxxx.."}, {"nest_identity", /*       */ "...xxxx....."},
    {"combine_identities", /*  */ "...xxxx....."}, {"set_current_identity", /**/ ".....xxxxxxx"},
    {"select_focus", /*        */ "...xxxx....."}, {"skip_category", /*       */ "...xx......."},
    {"unskip_category", /*     */ "...xx......."}, {"update_who_you_are", /*  */ "..x........."},
    {"update_who_you_want_to_be", "..x........."}, {"mark_question", /*       */ ".x.........."},
    {"note_statement", /*      */ "xxx.x.x.x..."}, {"transition_phase", /*    */ "xxxxxxxxxxxx"},
    {"save_fact", /*           */ "xxxxxxxxxxxx"}, {"create_action_item", /*  */ "..........xx"},
    {"update_action_item", /*  */ "..........xx"}, {"complete_action_item", /**/ "..........xx"},
    {"start_break", /*         */ ".xxxxxxxxxxx"}, {"end_break", /*           */ ".xxxxxxxxxxx"},
    {"add_user_note", /*       */ "xxxxxxxxxxxx"}, {"update_user_note", /*    */ "xxxxxxxxxxxx"},
    {"delete_user_note", /*    */ "xxxxxxxxxxxx"},
});

std::string statement_of(coach_phase phase) {
    switch (phase) {
    case coach_phase::get_to_know_you:
        return "questions_declined";
    case coach_phase::identity_warm_up:
        return "who_you_are_done";
    case coach_phase::brainstorming_review:
        return "overlaps_handled";
    case coach_phase::anything_missing:
        return "nothing_missing";
    case coach_phase::i_am_statement:
        return "summary_acknowledged";
    default:
        return "ready";
    }
}

/// Parameters with which the action would be carried out wherever it is allowed.
json parameters_for(const std::string& action, coach_phase phase) {
    if (action == "create_identity") return {{"category", "spiritual"}, {"name", "Seeker"}};
    if (action == "create_identities")
        return {{"identities", {{{"category", "spiritual"}, {"name", "Seeker"}}}}};
    if (action == "rename_identity") return {{"identity", "proposed"}, {"name", "Painter"}};
    if (action == "accept_identity" || action == "update_identity" || action == "archive_identity" ||
        action == "set_current_identity")
        return {{"identity", "proposed"}};
    if (action == "complete_refinement") return {{"identity", "accepted"}};
    if (action == "complete_commitment") return {{"identity", "refinement_complete"}};
    if (action == "complete_i_am") return {{"identity", "commitment_complete"}, {"i_am_statement", "I am."}};
    if (action == "complete_visualization")
        return {{"identity", "i_am_complete"}, {"visualization", "A field."}};
    if (action == "add_identity_note") return {{"identity", "proposed"}, {"note", "in oil"}};
    if (action == "nest_identity") return {{"identity", "proposed"}, {"parent", "accepted"}};
    if (action == "combine_identities") return {{"keep", "proposed"}, {"merge", "accepted"}};
    if (action == "select_focus" || action == "skip_category" || action == "unskip_category")
        return {{"category", "spiritual"}};
    if (action.starts_with("update_who")) return {{"items", {"calm"}}};
    if (action == "mark_question") return {{"question", "family_structure"}};
    if (action == "note_statement") return {{"statement", statement_of(phase)}};
    if (action == "transition_phase")
        return phase == coach_phase::introduction ? json{{"to", "get_to_know_you"}}
                                                  : json{{"to", "introduction"}, {"asked_for", true}};
    if (action == "save_fact") return {{"key", "name"}, {"value", "Ada"}};
    if (action == "create_action_item") return {{"text", "call Mia"}};
    if (action == "update_action_item") return {{"item", "i1"}, {"due_in_minutes", 60}};
    if (action == "complete_action_item") return {{"item", "i1"}};
    if (action == "add_user_note") return {{"note", "likes tea"}};
    if (action == "update_user_note") return {{"id", "n1"}, {"note", "likes coffee"}};
    if (action == "delete_user_note") return {{"id", "n1"}};
    return json::object();
}

/// A model in which nothing but the phase stands in an action's way.
coached ripe_for(const std::string& action, coach_phase phase) {
    coached ripe(phase);
    ripe.of.say(coach::said::ready);
    for (auto name : persistence::names_of(identity_state{}))
        if (name != "archived") ripe.with(std::string(name), *persistence::choice_of<identity_state>(name));
    ripe.of.items.push_back({"i1", {"", "walk", persistence::action_status::open, {}, {}}});
    ripe.of.notes.push_back({"n1", {"likes tea", ""}});
    if (action == "start_break") ripe.of.say(coach::between_stages);
    if (action == "end_break") ripe.of.resting = {"b1", {coach::coach_stage::welcome, {}, {}}};
    return ripe;
}

} // namespace

TEST_CASE(
    "each action is carried out in the phases that allow it, and refused in all others without a trace") {
    REQUIRE(rules.size() == coach::action_names().size());
    for (const auto& [action, phases] : rules) {
        for (int i = 0; i < 12; ++i) {
            auto phase = static_cast<coach_phase>(i);
            CAPTURE(action, persistence::to_string(phase));
            auto somebody = ripe_for(action, phase);
            somebody.around.new_id = [n = 0]() mutable { return "new" + std::to_string(++n); };
            auto expected = phases[i] == 'x' ? "done" : "not_allowed_here";
            CHECK(somebody.try_to(action, parameters_for(action, phase)) == expected);
            CHECK(coach::is_allowed(action, phase) == (phases[i] == 'x'));
        }
    }
}

TEST_CASE("before the user has consented nothing is carried out but to note that") {
    for (auto action : coach::action_names()) {
        for (int i = 0; i < 12; ++i) {
            auto phase = static_cast<coach_phase>(i);
            auto somebody = ripe_for(std::string(action), phase);
            somebody.of.unsay(coach::said::consented);
            CAPTURE(action, i);
            CHECK(somebody.try_to(std::string(action), parameters_for(std::string(action), phase)) != "done");
        }
    }
    coached somebody;
    somebody.of.unsay(coach::said::consented);
    CHECK(somebody.try_to("note_statement", {{"statement", "ready"}}) == "no_consent");
    CHECK(somebody.try_to("note_statement", {{"statement", "consented"}}) == "done");
}

TEST_CASE("during a break nothing of coaching is done, and what the user keeps can be changed") {
    auto somebody = ripe_for("end_break", coach_phase::accountability);
    CHECK(somebody.try_to("create_action_item", {{"text", "walk"}}) == "on_break");
    CHECK(somebody.try_to("set_current_identity", {{"identity", "proposed"}}) == "on_break");
    CHECK(somebody.try_to("transition_phase", {{"to", "action_planning"}, {"asked_for", true}}) ==
          "on_break");
    CHECK(somebody.try_to("start_break") == "on_break");
    CHECK(somebody.try_to("complete_action_item", {{"item", "i1"}}) == "done");
    CHECK(somebody.try_to("add_user_note", {{"note", "sleeps well"}}) == "done");
    CHECK(somebody.try_to("end_break") == "done");
    CHECK(somebody.try_to("end_break") == "no_break");
}

TEST_CASE("an action that is none, or is not what its schema says, is refused with the place") {
    coached somebody(coach_phase::identity_brainstorming);
    CHECK(somebody.try_to("fly") == "unknown_action");
    CHECK(somebody.try_to("create_identity") == "invalid");
    CHECK(somebody.try_to("create_identity", {{"category", "sports"}, {"name", "Runner"}}) == "invalid");
    CHECK(somebody.try_to("create_identity", {{"category", "spiritual"}, {"name", ""}}) == "invalid");
    CHECK(somebody.try_to("create_identity", {{"category", "spiritual"}, {"name", 7}}) == "invalid");
    CHECK(somebody.try_to("create_identity", {{"category", "spiritual"}, {"name", std::string(121, 'x')}}) ==
          "invalid");
    CHECK(somebody.try_to("create_identity", {{"category", "spiritual"}, {"name", "two\nlines"}}) ==
          "invalid");
    CHECK(somebody.try_to("create_identity", {{"category", "spiritual"}, {"name", "x"}, {"age", 3}}) ==
          "invalid");
    CHECK(somebody.try_to("create_identities", {{"identities", json::array()}}) == "invalid");
    CHECK(somebody.try_to("save_fact", {{"key", "Not A Key"}, {"value", "x"}}) == "invalid");
    for (json asked :
         {json(), json("x"), json{{"parameters", {}}}, json{{"action", 1}},
          json{{"action", "save_fact"}, {"and", "more"}}, json{{"action", "save_fact"}, {"parameters", 3}}}) {
        CAPTURE(asked.dump());
        auto result = coach::apply(somebody.of, asked, somebody.around);
        CHECK_FALSE(result.done());
        CHECK(result.data["code"] == "invalid");
    }
    auto told = coach::to_json(somebody.act("create_identity", {{"category", "spiritual"}, {"name", 7}}));
    CHECK(told["success"] == false);
    CHECK(told["action"] == "create_identity");
    CHECK(told["message"].get<std::string>().find("name") != std::string::npos);
}

TEST_CASE("a name belongs to one identity until that is archived, and not in the same step") {
    coached somebody(coach_phase::identity_brainstorming);
    json painter = {{"category", "spiritual"}, {"name", "  Painter. "}};
    auto made = somebody.act("create_identity", painter);
    REQUIRE(made.done());
    CHECK(made.data["name"] == "Painter");
    CHECK(somebody.try_to("create_identity", {{"category", "doer_of_things"}, {"name", "PAINTER"}}) ==
          "name_taken");
    CHECK(somebody.try_to("create_identity", {{"category", "spiritual"}, {"name", "Dancer"}}) == "done");
    CHECK(somebody.try_to("rename_identity", {{"identity", "dancer"}, {"name", "painter"}}) == "name_taken");
    CHECK(somebody.try_to("rename_identity", {{"identity", "Painter"}, {"name", "PAINTER"}}) == "done");
    CHECK(somebody.try_to("archive_identity", {{"identity", "painter"}}) == "done");
    CHECK(somebody.try_to("create_identity", painter) == "name_taken");
    somebody.around.let_go.clear(); // the next step
    CHECK(somebody.try_to("create_identity", painter) == "done");
    CHECK(somebody.try_to("archive_identity", {{"identity", made.data["id"]}}) == "not_found");
}

TEST_CASE("of several identities all are created, or none") {
    coached somebody(coach_phase::identity_brainstorming);
    CHECK(somebody.try_to("create_identities", {{"identities",
                                                 {{{"category", "spiritual"}, {"name", "Seeker"}},
                                                  {{"category", "spiritual"}, {"name", "seeker"}}}}}) ==
          "name_taken");
    CHECK(somebody.of.identities.empty());
}

TEST_CASE("an identity rises one state at a time, and asking twice is no mistake") {
    coached somebody(coach_phase::identity_refinement);
    somebody.with("Painter");
    CHECK(somebody.try_to("complete_refinement", {{"identity", "Painter"}}) == "too_early");
    CHECK(somebody.try_to("accept_identity", {{"identity", "Painter"}}) == "done");
    CHECK(somebody.try_to("complete_refinement", {{"identity", "Painter"}, {"description", "paints"}}) ==
          "done");
    CHECK(somebody.identity("Painter").description == "paints");
    CHECK(somebody.try_to("accept_identity", {{"identity", "Painter"}}) == "done");
    CHECK(somebody.identity("Painter").state == identity_state::refinement_complete);
    somebody.of.state.phase = coach_phase::i_am_statement;
    CHECK(somebody.try_to("complete_i_am",
                          {{"identity", "Painter"}, {"i_am_statement", "I am a painter."}}) == "too_early");
    somebody.of.state.phase = coach_phase::identity_commitment;
    CHECK(somebody.try_to("complete_commitment", {{"identity", "Painter"}}) == "done");
    somebody.of.state.phase = coach_phase::i_am_statement;
    CHECK(somebody.try_to("complete_i_am",
                          {{"identity", "Painter"}, {"i_am_statement", "I am a painter."}}) == "done");
    somebody.of.state.phase = coach_phase::identity_visualization;
    CHECK(somebody.try_to("complete_visualization",
                          {{"identity", "Painter"}, {"visualization", "A studio."}}) == "done");
    CHECK(somebody.identity("Painter").state == identity_state::visualization_complete);
}

TEST_CASE("combining two identities keeps the notes of both and archives one") {
    coached somebody(coach_phase::brainstorming_review);
    somebody.with("Painter").with("Artist").with("Sketcher");
    CHECK(somebody.try_to("add_identity_note", {{"identity", "Artist"}, {"note", "in oil"}}) == "done");
    CHECK(somebody.try_to("nest_identity", {{"identity", "Sketcher"}, {"parent", "Artist"}}) == "done");
    CHECK(somebody.try_to("combine_identities", {{"keep", "Painter"}, {"merge", "painter"}}) == "the_same");
    CHECK(somebody.try_to("combine_identities", {{"keep", "Painter"}, {"merge", "Artist"}}) == "done");
    CHECK(somebody.identity("Painter").notes == std::vector<std::string>{"in oil"});
    CHECK(somebody.identity("Sketcher").parent == "Painter");
    CHECK(somebody.of.identities[1].value.state == identity_state::archived);
    CHECK(somebody.try_to("combine_identities", {{"keep", "Painter"}, {"merge", "Artist"}}) == "not_found");
}

TEST_CASE("an identity can't be nested in itself, however far around") {
    coached somebody(coach_phase::brainstorming_review);
    somebody.with("Artist").with("Painter").with("Sketcher");
    CHECK(somebody.try_to("nest_identity", {{"identity", "Painter"}, {"parent", "Artist"}}) == "done");
    CHECK(somebody.try_to("nest_identity", {{"identity", "Sketcher"}, {"parent", "Painter"}}) == "done");
    CHECK(somebody.try_to("nest_identity", {{"identity", "Artist"}, {"parent", "Sketcher"}}) ==
          "in_a_circle");
    CHECK(somebody.try_to("nest_identity", {{"identity", "Artist"}, {"parent", "Artist"}}) == "in_a_circle");
    CHECK(somebody.try_to("nest_identity", {{"identity", "Painter"}, {"parent", ""}}) == "done");
    CHECK(somebody.try_to("nest_identity", {{"identity", "Artist"}, {"parent", "Sketcher"}}) == "done");
}

TEST_CASE("nobody else's identity becomes the current one") {
    coached somebody(coach_phase::identity_refinement);
    somebody.with("Painter").with("Ghost", identity_state::archived);
    CHECK(somebody.try_to("set_current_identity", {{"identity", "Painter"}}) == "done");
    CHECK(somebody.try_to("set_current_identity", {{"identity", "01J9ZK5T3S8WQ4M7N2X6Y1B0CD"}}) ==
          "not_found");
    CHECK(somebody.try_to("set_current_identity", {{"identity", "Ghost"}}) == "not_found");
    CHECK(somebody.of.state.current_identity == "Painter");
}

TEST_CASE("a break is taken between two stages, and at most one is open") {
    coached somebody(coach_phase::get_to_know_you);
    CHECK(somebody.try_to("start_break") == "within_a_stage");
    somebody.of.state.phase = coach_phase::introduction;
    somebody.of.say(coach::said::ready);
    REQUIRE(somebody.try_to("transition_phase", {{"to", "get_to_know_you"}}) == "done");
    REQUIRE(somebody.try_to("start_break") == "done");
    CHECK(somebody.of.resting->value.stage == coach::coach_stage::welcome);
    CHECK(somebody.try_to("start_break") == "on_break");
    CHECK(somebody.try_to("end_break") == "done");
    CHECK(somebody.try_to("start_break") == "on_break"); // in the same step
    somebody.around.ended_break.clear();
    CHECK(somebody.try_to("start_break") == "done"); // still between the two
    CHECK(somebody.try_to("end_break") == "done");
    somebody.around.ended_break.clear();
    CHECK(somebody.try_to("mark_question", {{"question", "family_structure"}}) == "done");
    CHECK(somebody.try_to("note_statement", {{"statement", "questions_declined"}}) == "done");
    CHECK(somebody.try_to("start_break") == "within_a_stage");
}

TEST_CASE("an action item is planned, moved, done or dropped") {
    coached somebody(coach_phase::action_planning);
    auto made = somebody.act("create_action_item", {{"text", "call Mia"}, {"due_in_minutes", 60}});
    REQUIRE(made.done());
    CHECK(from_unix(made.data["due"]) == somebody.around.now + std::chrono::hours(1));
    auto id = made.data["id"].get<std::string>();
    CHECK(somebody.try_to("create_action_item", {{"text", "x"}, {"identity", "nobody"}}) == "not_found");
    CHECK(somebody.try_to("update_action_item", {{"item", "call mia"}, {"text", "write to Mia"}}) == "done");
    CHECK(somebody.try_to("complete_action_item", {{"item", id}}) == "done");
    CHECK(somebody.of.items[0].value.completed == somebody.around.now);
    CHECK(somebody.try_to("complete_action_item", {{"item", id}}) == "done");
    CHECK(somebody.try_to("complete_action_item", {{"item", id}, {"outcome", "dropped"}}) == "not_found");
    CHECK(somebody.try_to("update_action_item", {{"item", id}, {"text", "x"}}) == "not_found");
    CHECK(somebody.try_to("complete_action_item", {{"item", "fly"}}) == "not_found");
}

TEST_CASE("an answer's schema offers what the phase allows, every member required so that it can be strict") {
    auto schema = coach::answer_schema(coach_phase::identity_commitment, coach::summing_up::wanted);
    CHECK(schema["required"] == json{"message", "actions", "summary"});
    std::vector<std::string> offered;
    for (const auto& one : schema["properties"]["actions"]["items"]["anyOf"]) {
        offered.push_back(one["properties"]["action"]["const"]);
        const auto& parameters = one["properties"]["parameters"];
        CHECK(parameters["required"].size() == parameters["properties"].size());
    }
    CHECK(std::ranges::find(offered, "complete_commitment") != offered.end());
    CHECK(std::ranges::find(offered, "create_identity") == offered.end());
    json answered = {
        {{"action", "update_identity"}, {"parameters", {{"identity", "x"}, {"category", nullptr}}}}};
    CHECK(coach::are_well_formed(coach::without_nulls(answered)));
    CHECK_FALSE(coach::are_well_formed(answered));
}

TEST_CASE("a model that others have filled still shrinks, and still goes on") {
    coached somebody(coach_phase::identity_commitment);
    somebody.with("Singer", identity_state::commitment_complete);
    for (int i = 0; i < 60; ++i)
        somebody.of.facts["fact" + std::to_string(i)] = std::string(2000, 'x');
    CHECK(somebody.try_to("add_user_note", {{"note", std::string(500, 'x')}}) == "too_large");
    CHECK(somebody.try_to("save_fact", {{"key", "fact1"}, {"value", "short"}}) == "done");
    CHECK(somebody.try_to("transition_phase", {{"to", "i_am_statement"}}) == "done");
}

TEST_CASE("a list is taken only as the stores take it") {
    coached with(coach_phase::identity_warm_up);
    std::string long_word;
    for (int i = 0; i < 190; ++i)
        long_word += "\u20AC"; // 190 characters, 570 bytes
    CHECK(with.try_to("update_who_you_are", {{"items", {long_word}}}) == "invalid");
    CHECK(with.try_to("update_who_you_want_to_be", {{"items", {std::string("a\0b", 3)}}}) == "invalid");
}
