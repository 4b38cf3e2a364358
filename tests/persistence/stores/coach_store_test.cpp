#include "persistence/stores/coach_store.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const user_ref ann{{"acme"}, "ann"};

} // namespace

TEST_CASE("a session's coaching is saved over what was read, and only so") {
    contract_store store(EVERY_DATABASE_TYPE);
    coach_store coach(*store.db, ann);
    CHECK(store.env.run(coach.load_state("s1")).error() == errc::not_found);
    coach_state state;
    state.phase = coach_phase::identity_brainstorming;
    state.current_identity = "i1";
    state.focus = identity_category::spiritual;
    state.skipped = {identity_category::keeper_of_money, identity_category::maker_of_money};
    state.who_you_are = awkward_texts;
    state.asked_questions = {"hobbies_interests", "family_structure"};
    state.flags = {"ready"};
    REQUIRE(commit(store, coach.save_state("s1", state, {})).committed());
    CHECK(commit(store, coach.save_state("s1", state, {})).error == errc::conflict);

    auto found = store.env.run(coach.load_state("s1"));
    REQUIRE(found);
    CHECK(found->value.phase == state.phase);
    CHECK(found->value.current_identity == "i1");
    CHECK(found->value.focus == state.focus);
    CHECK(found->value.skipped == state.skipped);
    CHECK(found->value.who_you_are == awkward_texts);
    CHECK(found->value.asked_questions == state.asked_questions);
    CHECK(found->value.flags == state.flags);

    REQUIRE(commit(store, coach.save_state("s1", found->value, found->revision)).committed());
    CHECK(commit(store, coach.save_state("s1", found->value, found->revision)).error == errc::conflict);
    CHECK(store.env.run(coach.load_state("s2")).error() == errc::not_found);

    state.skipped.push_back(identity_category::keeper_of_money);
    CHECK(coach.save_state("s1", state, {}).error().pointer == "/skipped");
}

TEST_CASE("of many breaks begun at once exactly one is open") {
    contract_store store(EVERY_DATABASE_TYPE);
    coach_store coach(*store.db, ann);
    auto now = store.env.utc_now();
    std::vector<record_writes> rivals;
    for (int i = 0; i < 50; ++i)
        rivals.push_back(*coach.start_break("b" + std::to_string(i), coach_stage::refinement, now));
    CHECK(winners(store, rivals) == 1);
    auto open = store.env.run(coach.load_open_break());
    REQUIRE(open);
    CHECK(open->value.stage == coach_stage::refinement);
    CHECK(open->value.started == now);
    CHECK_FALSE(open->value.ended);
    CHECK(store.env.run(coach.list_breaks("", 100))->records.size() == 1);
}

TEST_CASE("a break ends once, and then another may begin") {
    contract_store store(EVERY_DATABASE_TYPE);
    coach_store coach(*store.db, ann);
    auto now = store.env.utc_now();
    REQUIRE(commit(store, coach.start_break("b1", coach_stage::welcome, now)).committed());
    auto open = store.env.run(coach.load_open_break());
    REQUIRE(open);
    auto early = coach.end_break(*open, now - seconds(1));
    REQUIRE_FALSE(early);
    CHECK(early.error().pointer == "/ended");

    std::vector<record_writes> rivals;
    for (int i = 0; i < 10; ++i)
        rivals.push_back(*coach.end_break(*open, now + seconds(i)));
    CHECK(winners(store, rivals) == 1);
    CHECK(store.env.run(coach.load_open_break()).error() == errc::not_found);
    REQUIRE(commit(store, coach.start_break("b2", coach_stage::onward, now)).committed());
    CHECK(store.env.run(coach.load_open_break())->key == "b2");
    CHECK(commit(store, coach.end_break(*open, now)).error == errc::conflict);
    CHECK(store.env.run(coach.load_open_break())->key == "b2");
}

TEST_CASE("a session's actions are listed in their order, and an action is logged once") {
    contract_store store(EVERY_DATABASE_TYPE);
    coach_store coach(*store.db, ann);
    coach_action action;
    action.type = "create identity";
    action.success = true;
    action.turn = "t1";
    for (int i = 0; i < 7; ++i) {
        action.summary = awkward_texts.at(static_cast<std::size_t>(i) % awkward_texts.size());
        action.parameters = {{"name", action.summary}, {"n", i}};
        REQUIRE(commit(store, coach.log_action("s1", std::to_string(i), action)).committed());
    }
    CHECK(commit(store, coach.log_action("s1", "0", action)).error == errc::conflict);
    REQUIRE(commit(store, coach.log_action("s10", "x", action)).committed());
    REQUIRE(commit(store, coach.log_action("s0", "y", action)).committed());

    auto all = read_all(store, [&](const std::string& after) { return coach.list_actions("s1", after, 3); });
    REQUIRE(all.size() == 7);
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(all[i].value.parameters.at("n") == i);
    CHECK(all[1].value.summary == awkward_texts[1]);
    CHECK(all[1].value.success);
    CHECK(all[1].value.turn == "t1");
}

TEST_CASE("an action's parameters are an object that can be read again") {
    contract_store store(database_type::memory);
    coach_store coach(*store.db, ann);
    coach_action action;
    action.type = "rename identity";
    for (const json& bad : {json(7), json::array({1}), json{{"a", std::string("\0", 1)}},
                            json{{"a", std::string(40000, 'x')}}}) {
        action.parameters = bad;
        auto refused = coach.log_action("s1", "a1", action);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().pointer == "/parameters");
    }
    action.parameters = nullptr;
    CHECK(coach.log_action("s1", "a1", action));
    CHECK_FALSE(coach.log_action("s1", "line\nbreak", action));
}

TEST_CASE("a user's head is written over what was read, so that one of two changes that meet is made again") {
    contract_store store(EVERY_DATABASE_TYPE);
    coach_store coach(*store.db, ann);
    auto head = store.env.run(coach.load_head());
    REQUIRE(head);
    CHECK(head->value == 0);
    REQUIRE(commit(store, coach.save_head("s1", *head)).committed());
    CHECK(commit(store, coach.save_head("s2", *head)).error == errc::conflict);
    head = store.env.run(coach.load_head());
    REQUIRE(head);
    CHECK(head->value == 1);
    REQUIRE(commit(store, coach.save_head("s2", *head)).committed());
    CHECK(store.env.run(coach_store(*store.db, {{"acme"}, "bob"}).load_head())->value == 0);
}
