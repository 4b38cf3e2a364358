// What the coach knows stands in the stores too, in the commit of its turn, for all sessions of its user.

#include "tests/service/coach_house.hpp"
#include "tests/statemachine/coach/conversation.hpp"
#include "tests/support/catch_result.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using persistence::errc;

namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// What the latest entry of the session's log was made from.
std::string last_input(coach_house& h, const coach_visit& visit) {
    auto row = h.env.run(h.database.read_session(session_id{visit.session()}));
    REQUIRE(row.has_value());
    auto history = h.env.run(h.database.read_history(row->key, {}, 1000));
    REQUIRE(history.has_value());
    REQUIRE_FALSE(history->empty());
    return history->back().input;
}

} // namespace

TEST_CASE("a whole coaching is stored as records, with each turn in its commit") {
    coach_house h;
    coach_visit visit(h, "d-1");
    bool rested = false;
    for (auto text : coaching_conversation) {
        CAPTURE(text);
        auto commits = h.database.commits();
        CHECK_FALSE(visit.say(text).empty());
        CHECK(visit.failed.empty());
        CHECK(h.database.commits() - commits == 1);
        auto open = h.env.run(h.coach.load_open_break());
        CHECK(open.has_value() == (visit.state == "resting"));
        rested |= open.has_value();
    }
    CHECK(rested);
    auto state = h.env.run(h.coach.load_state(visit.session()));
    REQUIRE(state.has_value());
    CHECK(state->value.phase == persistence::coach_phase::accountability);
    CHECK(state->value.skipped.size() == 2);
    CHECK(state->value.asked_questions.size() == 5);
    CHECK(h.stored_identities().size() == 10);
    auto singer = h.env.run(h.identities.find("SINGER"));
    REQUIRE(singer.has_value());
    CHECK(singer->value.state == persistence::identity_state::visualization_complete);
    CHECK(singer->value.i_am_statement == "I am a clear voice in a full room.");
    CHECK(h.env.run(h.identities.find("careful saver")).error() == errc::not_found); // archived
    auto items = h.env.run(h.user.list_action_items("", 10));
    REQUIRE(items.has_value());
    CHECK(items->records.size() == 2);
    auto breaks = h.env.run(h.coach.list_breaks("", 10));
    REQUIRE(breaks.has_value());
    REQUIRE(breaks->records.size() == 1);
    CHECK(breaks->records[0].value.ended.has_value());
    auto facts = h.env.run(h.user.load({"coach_facts"}));
    REQUIRE(facts.has_value());
    CHECK(facts->at("coach_facts").value["name"] == "Ada");

    std::size_t logged = 0;
    std::string after;
    do {
        auto page = h.env.run(h.coach.list_actions(visit.session(), after, 100));
        REQUIRE(page.has_value());
        for (const auto& one : page->records)
            CHECK(one.value.turn.starts_with("d-1-"));
        logged += page->records.size();
        after = page->next;
    } while (!after.empty());
    CHECK(logged > coaching_conversation.size());
}

TEST_CASE("a turn that is not committed leaves no record, and is made when it is said again") {
    coach_house h;
    coach_visit visit(h, "d-1");
    visit.until_brainstorming();
    h.database.fail_commit(errc::unavailable);
    visit.say("singer, gardener");
    CHECK(visit.failed == "store.unavailable");
    CHECK(h.stored_identities().empty());
    CHECK(has(visit.say("singer, gardener"), "Singer"));
    CHECK(h.stored_identities() == std::vector<std::string>{"Singer", "Gardener"});
}

TEST_CASE("a turn that follows one in which a record was made is one commit, whatever was erased before") {
    coach_house h;
    coach_visit visit(h, "d-1");
    visit.until_brainstorming();
    visit.say("singer, gardener");
    for (const std::string name : {"Alto", "Soprano", "Voice"}) {
        visit.say("rename singer to " + name);
        visit.say("rename " + name + " to singer");
    }
    visit.say("drop gardener"); // its name is free, with the revision that the record of it had
    for (const auto* text : {"remember that I sing alto", "clockmaker", "rename clockmaker to Mender",
                             "rename mender to Clockmaker", "baker", "rename baker to Miller"}) {
        CAPTURE(text);
        auto commits = h.database.commits();
        visit.say(text);
        CHECK(visit.failed.empty());
        CHECK(h.database.commits() - commits == 1);
    }
}

TEST_CASE("an action that is refused is logged, and changes no record") {
    coach_house h;
    coach_visit visit(h, "d-1");
    visit.until_brainstorming();
    visit.say("singer");
    auto before = h.stored_identities();
    visit.say("skip"); // passions can't be
    REQUIRE(visit.results.size() == 1);
    CHECK(visit.results[0]["success"] == false);
    auto log = h.env.run(h.coach.list_actions(visit.session(), "", 1000));
    REQUIRE(log.has_value());
    CHECK_FALSE(log->records.back().value.success);
    CHECK(log->records.back().value.type == "skip_category");
    CHECK(h.stored_identities() == before);
}

TEST_CASE("sessions of one user see what the others have done, whichever it was") {
    coach_house h;
    coach_visit one(h, "d-1");
    coach_visit two(h, "d-2");
    one.until_brainstorming();
    one.say("singer, gardener");
    CHECK(has(two.say("hello"), "?"));
    two.until_brainstorming();
    CHECK(has(two.say("my identities"), "Singer and Gardener"));
    two.say("clockmaker");
    CHECK(two.failed.empty());
    CHECK(has(one.say("my identities"), "Singer, Gardener and Clockmaker"));
    one.say("gardener"); // the name is taken
    INFO(to_text(one.results));
    CHECK(has(to_text(one.results), "name_taken"));
    two.say("remember that I sing alto");
    CHECK(has(one.say("my notes"), "I sing alto"));

    coach_visit other(h, "d-3");
    CHECK(has(other.say("hello"), "?"));
}

TEST_CASE("of two turns that meet, the later one is made again over what the other has stored") {
    coach_house h;
    coach_visit one(h, "d-1");
    coach_visit two(h, "d-2");
    one.until_brainstorming();
    two.until_brainstorming();
    two.say("my progress");
    one.say("my progress"); // both know what is stored
    h.database.hold_commits();
    one.begin("singer");
    h.env.run_ready();
    two.begin("singer, gardener");
    h.env.run_ready();
    CHECK(h.database.held() == 2);
    h.database.release_commits();
    h.env.run_ready();
    one.read();
    CHECK(one.failed.empty());
    two.read();
    CHECK(two.failed.empty());
    REQUIRE(two.results.size() >= 2);
    CHECK(two.results[0]["data"]["code"] == "name_taken");
    CHECK(h.stored_identities() == std::vector<std::string>{"Singer", "Gardener"});
}

TEST_CASE("a record that an operator has changed meanwhile is read anew") {
    coach_house h;
    coach_visit visit(h, "d-1");
    visit.until_brainstorming();
    visit.say("singer, gardener");
    auto singer = h.env.run(h.identities.find("singer"));
    REQUIRE(singer.has_value());
    auto renamed = singer->value;
    renamed.name = "Alto";
    auto writes = h.identities.update(*singer, renamed);
    REQUIRE(writes.has_value());
    persistence::change_set changes;
    changes.now = h.env.utc_now();
    changes.writes = std::move(*writes);
    REQUIRE(h.env.run(h.database.commit(std::move(changes))).committed());

    visit.say("rename singer to Soprano");
    CHECK(visit.failed.empty());
    CHECK(has(visit.say("my identities"), "Alto"));
    visit.say("rename alto to Soprano");
    CHECK(visit.failed.empty());
    CHECK(h.env.run(h.identities.find("soprano")).has_value());
}

TEST_CASE("a step that read the stores is recorded with what it read, and no other is") {
    coach_house h;
    coach_visit one(h, "d-1");
    one.until_brainstorming();
    one.say("singer, gardener");
    coach_visit two(h, "d-2");
    two.say("hello");
    CHECK(has(last_input(h, two), "Gardener"));
    two.say("yes");
    CHECK_FALSE(has(last_input(h, two), "Gardener"));
}
