// The model as it stands in a context: whole, bounded, and what the stores would take.

#include "statemachine/coach/changes.hpp"
#include "statemachine/coach/window.hpp"
#include "tests/statemachine/coach/coached.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using coach::coach_phase;
using coach::model;

TEST_CASE("a model survives being JSON, with everything in it") {
    coached somebody(coach_phase::identity_brainstorming);
    somebody.act("create_identity",
                 {{"category", "spiritual"}, {"name", "Seeker"}, {"description", "seeks"}});
    somebody.act("add_user_note", {{"note", "likes tea"}});
    somebody.act("save_fact", {{"key", "name"}, {"value", "Ada"}});
    somebody.of.state.phase = coach_phase::action_planning;
    somebody.act("create_action_item", {{"text", "walk"}, {"identity", "Seeker"}, {"due_in_minutes", 5}});
    somebody.of.resting = {"b1", {coach::coach_stage::i_am, somebody.around.now, {}}, 3};
    somebody.of.head = 7;
    somebody.of.summary = "was kind";
    somebody.of.script["asked"] = "plan";
    coach::hear(somebody.of, "hello");
    auto stored = coach::to_json(somebody.of);
    CHECK(coach::to_json(coach::to_model(stored)) == stored);
    for (const auto& [name, ignored] : stored.items())
        CHECK(std::ranges::find(coach::model_members(), name) != coach::model_members().end());
}

TEST_CASE("a context that holds no model, or a damaged one, is a new beginning") {
    auto fresh = coach::to_json(model());
    for (const auto& damaged :
         {json(), json(3), json::array(), json{{"window", {1, 2}}}, json{{"state", "x"}},
          json{{"identities", {3}}}, json{{"facts", {{"a", 1}}}}}) {
        CAPTURE(damaged.dump());
        CHECK(coach::to_json(coach::to_model(damaged)) == fresh);
    }
}

TEST_CASE("at each bound one more is refused, and what is there stays") {
    coached somebody(coach_phase::identity_brainstorming);
    auto identity = [](std::size_t i) {
        return json{{"category", "spiritual"}, {"name", "n" + std::to_string(i)}};
    };
    for (std::size_t i = 0; i < model::max_identities; ++i)
        REQUIRE(somebody.try_to("create_identity", identity(i)) == "done");
    CHECK(somebody.try_to("create_identity", identity(model::max_identities)) == "too_many");
    for (std::size_t i = 0; i < model::max_notes; ++i)
        REQUIRE(somebody.try_to("add_user_note", {{"note", "x"}}) == "done");
    CHECK(somebody.try_to("add_user_note", {{"note", "x"}}) == "too_many");
    for (std::size_t i = 0; i < model::max_facts; ++i)
        REQUIRE(somebody.try_to("save_fact", {{"key", "f" + std::to_string(i)}, {"value", "x"}}) == "done");
    CHECK(somebody.try_to("save_fact", {{"key", "one_more"}, {"value", "x"}}) == "too_many");
    CHECK(somebody.try_to("save_fact", {{"key", "f0"}, {"value", "y"}}) == "done");
    somebody.of.state.phase = coach_phase::action_planning;
    for (std::size_t i = 0; i < model::max_items; ++i)
        REQUIRE(somebody.try_to("create_action_item", {{"text", "x"}}) == "done");
    CHECK(somebody.try_to("create_action_item", {{"text", "x"}}) == "too_many");
}

TEST_CASE("the whole stays below 128 KiB") {
    coached somebody(coach_phase::introduction);
    std::string last;
    for (std::size_t i = 0; i < model::max_notes && last != "too_large"; ++i)
        last = somebody.try_to("add_user_note", {{"note", std::string(2000, 'x')}});
    CHECK(last == "too_large");
    CHECK(coach::to_json(somebody.of).dump().size() <= model::max_bytes);
    CHECK(somebody.try_to("delete_user_note", {{"id", somebody.of.notes.front().id}}) == "done");
}

TEST_CASE("the window keeps what was said last, and a summary takes the place of its older half") {
    model of;
    for (int i = 0; i < 100; ++i)
        coach::hear(of, std::to_string(i));
    CHECK(of.window.size() == coach::window_lines);
    CHECK(of.window.back().content == "99");
    CHECK(coach::wants_summary(of));
    coach::consolidate(of, "counted");
    CHECK(of.summary == "counted");
    CHECK(of.window.size() == coach::window_lines / 2);
    CHECK_FALSE(coach::wants_summary(of));
    for (int i = 0; i < 20; ++i)
        coach::answer_with(of, std::string(5000, 'x'));
    std::size_t bytes = 0;
    for (const auto& line : of.window)
        bytes += line.content.size();
    CHECK(bytes <= coach::window_bytes);
}

TEST_CASE("what a turn has changed is told record by record, each with the revision it was read at") {
    coached somebody(coach_phase::identity_brainstorming);
    auto before = somebody.of;
    std::vector<coach::action_result> results{
        somebody.act("create_identity", {{"category", "spiritual"}, {"name", "Seeker"}}),
        somebody.act("create_identity", {{"category", "spiritual"}, {"name", "Seeker"}})};
    auto changes = coach::changes_between(before, somebody.of, results, somebody.around);
    REQUIRE(changes["identities"].size() == 1);
    CHECK(changes["identities"][0]["revision"] == 0);
    CHECK_FALSE(changes["identities"][0].contains("before"));
    CHECK(changes["identities"][0]["after"]["name"] == "Seeker");
    CHECK(changes["head"] == 0);
    CHECK(changes["log"].size() == 2);
    CHECK(changes["log"][1]["success"] == false);
    somebody.of.head = 3;
    coach::count_writes(somebody.of, changes);
    CHECK(somebody.of.head == 0); // with which revisions they begin only the store knows
    CHECK(somebody.of.identities[0].revision == 0);
    CHECK_FALSE(changes.contains("state"));

    somebody.of.head = 4;
    somebody.of.state_revision = 2;
    somebody.of.identities[0].revision = 3;
    before = somebody.of;
    results = {somebody.act("archive_identity", {{"identity", "Seeker"}}),
               somebody.act("skip_category", {{"category", "spiritual"}})};
    changes = coach::changes_between(before, somebody.of, results, somebody.around);
    CHECK(changes["identities"][0]["revision"] == 3);
    CHECK(changes["identities"][0]["before"]["name"] == "Seeker");
    CHECK(changes["identities"][0]["after"]["state"] == "archived");
    CHECK(changes["state"]["value"]["skipped"] == json{"spiritual"});
    CHECK(changes["head"] == 4);
    coach::count_writes(somebody.of, changes);
    coach::count_writes(somebody.of, changes); // each is written once, however often that is said
    CHECK(somebody.of.head == 5);
    CHECK(somebody.of.state_revision == 3);
    CHECK(somebody.of.identities[0].revision == 4);

    before = somebody.of;
    CHECK(coach::changes_between(before, somebody.of, {}, somebody.around).is_null());
}

TEST_CASE("two changes of one step become one, in which each record stands once") {
    coached somebody(coach_phase::identity_brainstorming);
    somebody.of.head = 4;
    somebody.of.state_revision = 2;
    somebody.of.notes.push_back({"n1", {"old", {}}, 6});
    auto change = [&](std::initializer_list<std::pair<const char*, json>> actions) {
        auto before = somebody.of;
        std::vector<coach::action_result> results;
        for (const auto& [action, parameters] : actions)
            results.push_back(somebody.act(action, parameters));
        for (const auto& one : results)
            CHECK(one.done());
        return coach::changes_between(before, somebody.of, results, somebody.around);
    };
    auto first = change({{"add_user_note", {{"note", "new"}}},
                         {"update_user_note", {{"id", "n1"}, {"note", "changed"}}},
                         {"create_identity", {{"category", "spiritual"}, {"name", "Seeker"}}},
                         {"select_focus", {{"category", "spiritual"}}}});
    auto added = somebody.of.notes[1].id;
    auto second = change({{"delete_user_note", {{"id", added}}},
                          {"delete_user_note", {{"id", "n1"}}},
                          {"rename_identity", {{"identity", "Seeker"}, {"name", "Finder"}}},
                          {"select_focus", {{"category", "passions_and_talents"}}}});
    auto both = coach::joined(first, second);
    REQUIRE(both["notes"].size() == 1); // the one that came and went was never stored
    CHECK(both["notes"][0]["id"] == "n1");
    CHECK(both["notes"][0]["revision"] == 6);
    CHECK(both["notes"][0]["before"]["note"] == "old");
    CHECK_FALSE(both["notes"][0].contains("after"));
    REQUIRE(both["identities"].size() == 1);
    CHECK(both["identities"][0]["revision"] == 0);
    CHECK_FALSE(both["identities"][0].contains("before"));
    CHECK(both["identities"][0]["after"]["name"] == "Finder");
    CHECK(both["state"]["revision"] == 2);
    CHECK(both["state"]["value"]["focus"] == "passions_and_talents");
    CHECK(both["head"] == 4);
    CHECK(both["log"].size() == 8);
    CHECK(coach::joined(nullptr, first) == first);
    CHECK(coach::joined(first, nullptr) == first);
}

TEST_CASE("the log tells of what was refused in a way that the stores take") {
    coached somebody(coach_phase::identity_brainstorming);
    auto before = somebody.of;
    const std::string damaged("a\0b", 3);
    std::vector<coach::action_result> results{somebody.act("add_user_note", {{"note", damaged}}),
                                              somebody.act("add_user_note", {{"note", "x"}, {damaged, 1}}),
                                              somebody.act("add_user_note", {{"note", "fine"}})};
    results[1].message += damaged;
    auto log = coach::changes_between(before, somebody.of, results, somebody.around)["log"];
    REQUIRE(log.size() == 3);
    for (const auto& one : log) {
        CAPTURE(one.dump());
        CHECK(coach::objection_to(persistence::coach_action{
                  one["type"], one["parameters"], one["success"].get<bool>(), one["summary"], ""}) == "");
    }
    CHECK(log[0]["parameters"].empty());
    CHECK(log[2]["parameters"] == json{{"note", "fine"}});
}

TEST_CASE("what other sessions have changed is taken over whole") {
    coached somebody(coach_phase::identity_refinement);
    somebody.with("Old");
    somebody.of.state.current_identity = "Old";
    coach::adopt(somebody.of, {{"head", 5}});
    CHECK(somebody.of.identities.size() == 1); // nothing but the head: it is what is known
    coach::adopt(somebody.of,
                 {{"head", 5},
                  {"state_revision", 2},
                  {"identities",
                   {{{"id", "b"}, {"revision", 3}, {"value", {{"name", "Second"}, {"sort_order", 1}}}},
                    {{"id", "c"}, {"revision", 1}, {"value", {{"name", "First"}}}}}},
                  {"facts", {{"name", "Ada"}}}});
    CHECK(somebody.of.head == 5);
    CHECK(somebody.of.state_revision == 2);
    REQUIRE(somebody.of.identities.size() == 2);
    CHECK(somebody.of.identities[0].value.name == "First");
    CHECK(somebody.of.identities[1].revision == 3);
    CHECK(somebody.of.state.current_identity.empty());
    CHECK(somebody.of.facts["name"] == "Ada");
}
