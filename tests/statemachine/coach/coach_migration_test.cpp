// Sessions of the sample coach's first version, whose document a recording has kept.

#include "statemachine/migration_report.hpp"
#include "tests/statemachine/migrating.hpp"
#include "tests/support/machine_document.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

std::string first_version() {
    auto recording = read_source_file("tests/recordings/coach-session.ndjson");
    return ordered_json::parse(recording.substr(0, recording.find('\n')))["machine"]["document"].dump();
}

} // namespace

TEST_CASE("every session of the coach's first version has a way to the newest") {
    auto review = statemachine::review_migration(running_machine::load(first_version()),
                                                 running_machine::load(sample_machine("coach")));
    CHECK(review.from == 1);
    CHECK(review.obstacle.empty());
    CHECK(review.states.empty());
    CHECK(review.passed());
}

TEST_CASE("a session of the coach's first version begins with the introduction, wherever it was") {
    running_machine old(first_version());
    std::vector<std::string> states;
    for (const auto* text : {"", "hello", "no", "yes", "ready", "In a harbour town.", "stop", "bye"}) {
        if (*text != '\0') old.hear(text);
        CAPTURE(text, old.state());
        states.push_back(old.state());
        auto now = taken_over(old, sample_machine("coach"));
        CHECK(now.state() == "introduction");
        CHECK(now.context() == json::object());
        CHECK(now.done() == old.done());
        if (old.done()) continue;
        now.hear("hello");
        REQUIRE_FALSE(now.last.error);
        CHECK(now.context()["coach"]["script"]["asked"] == "consent");
        now.hear("yes");
        CHECK(now.context()["coach"]["state"]["flags"] == json{"consented"});
    }
    CHECK(states.back() == "ended");
    CHECK(states[5] == "get_to_know_you.family_structure");
}
