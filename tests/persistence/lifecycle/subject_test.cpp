#include "persistence/lifecycle/subject.hpp"
#include "tests/persistence/lifecycle/house.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

using lifecycle::subject;
using kind = subject::kind;

std::vector<subject> owners(record_id id, const std::string& value = "{}") {
    record one;
    one.id = std::move(id);
    one.value = value;
    auto found = lifecycle::subjects_of(one);
    std::ranges::sort(found);
    return found;
}

const subject acme{kind::account, "acme", ""};
const subject ann_user{kind::user, "acme", "ann"};
const subject ann_person{kind::person, "acme", "ann"};

using subjects = std::vector<subject>;

} // namespace

TEST_CASE("a record belongs to whom its scope, its key or its value names") {
    CHECK(owners({"user_note", {"acme", "", "", "ann"}, "n1"}) == subjects{acme, ann_user, ann_person});
    CHECK(owners({"user_note", {"acme", "", "", ""}, "n1"}) == subjects{acme, {kind::user, "acme", "acme"}});
    CHECK(owners({"person", {"acme", "home", "", ""}, "ann"}) == subjects{acme, ann_person});
    CHECK(owners({"device", {"acme", "", "", ""}, "robot-1"}) == subjects{acme});
    CHECK(owners({"list_item", {"acme", "home", "", ""}, "shopping/tea"}) == subjects{acme});
    CHECK(owners({"access_token", {}, "hash"}, R"({"account":"acme"})") == subjects{acme});
    CHECK(owners({"access_token", {}, "hash"}, "torn").empty());
    CHECK(owners({"update_manifest", {}, "robot/1"}).empty());
}

TEST_CASE("a session belongs to its account, its user and its person") {
    auto owners_of = [](const session_row& row) {
        auto found = lifecycle::subjects_of(row);
        std::ranges::sort(found);
        return found;
    };
    CHECK(owners_of(session_of("s1", "acme", "ann")) == subjects{acme, ann_user, ann_person});
    CHECK(owners_of(session_of("s1")) == subjects{acme, {kind::user, "acme", "acme"}});
    auto by_user = session_of("s1");
    by_user.user = "ann";
    CHECK(owners_of(by_user) == subjects{acme, ann_user, ann_person});
}

TEST_CASE("a record that is kept for a session tells which one") {
    CHECK(lifecycle::session_in_key({"message", {}, "s1/0001"}) == "s1");
    CHECK(lifecycle::session_in_key({"coach_state", {}, "s1"}) == "s1");
    CHECK(lifecycle::session_in_key({"user_note", {}, "s1/0001"}).empty());
    record robot;
    robot.id.type = "robot_session";
    robot.value = R"("s1")";
    CHECK(lifecycle::session_of(robot) == "s1");
}
