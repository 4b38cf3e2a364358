#include "persistence/lifecycle/orphans.hpp"
#include "persistence/lifecycle/owners.hpp"
#include "tests/persistence/lifecycle/house.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const scope account{"acme", "", "", ""};
const scope home{"acme", "home", "", ""};
const scope ann{"acme", "", "", "ann"};

std::vector<std::string> owners_of(record_id id, const json& value) {
    record one;
    one.id = std::move(id);
    one.value = to_text(value);
    std::vector<std::string> found;
    for (const auto& owner : lifecycle::owners_of(one))
        found.emplace_back(owner.what);
    return found;
}

using words = std::vector<std::string>;

/// A household in order: whatever it holds has its owner.
void furnish(lifecycle_house& house, database& db) {
    house.put(db, {"account", account, "account"}, json{{"name", "Acme"}});
    house.put(db, {"device", account, "robot-1"}, json::object());
    house.put(db, {"loop", account, "home"}, json{{"name", "Home"}});
    house.put(db, {"loop_device", home, "robot-1"}, json{{"device", "robot-1"}});
    house.put(db, {"person", home, "ann"}, json{{"first_name", "Ann"}});
    house.put(db, {"presence", home, "ann"}, json{{"last_seen", 1000}});
    house.put(db, {"break", ann, "b1"}, json{{"stage", "welcome"}, {"started", 1000}});
    house.put(db, {"open_break", ann, "open"}, json{{"id", "b1"}});
    house.put(db, {"reflection", ann, "s1/r1"}, json{{"input", "in"}, {"output", "out"}});
    house.put(db, {"robot_session", {"acme", "", "robot-1", ""}, "chat"}, json("s1"));
    house.put_session(db, session_of("s1"), 1);
}

lifecycle::orphan_report search(lifecycle_house& house, database& db, lifecycle::run_mode how) {
    auto report = house.env.run(lifecycle::find_orphans(&house.env, &db, how, {}));
    REQUIRE(report);
    return *report;
}

} // namespace

TEST_CASE("each type of record is known by what it can't be without") {
    CHECK(owners_of({"user_note", ann, "n1"}, {{"note", "x"}}).empty());
    CHECK(owners_of({"device", account, "robot-1"}, json::object()) == words{"its account"});
    CHECK(owners_of({"loop_device", home, "robot-1"}, {{"device", "robot-1"}}) ==
          words{"its loop", "its device"});
    CHECK(owners_of({"presence", home, "ann"}, {{"last_seen", 1}}) == words{"its loop", "its person"});
    CHECK(owners_of({"holiday", account, "h1"}, json::object()).empty());
    CHECK(owners_of({"message", ann, "s1/1"}, json::object()) == words{"its session"});
    CHECK(owners_of({"conversation", ann, "s1"}, json::object()) == words{"its session"});
    CHECK(owners_of({"robot_session", {"acme", "", "robot-1", ""}, "chat"}, json("s1")) ==
          words{"its session"});
    // A token is its operator's: no record of a device comes with it.
    CHECK(owners_of({"access_token", {}, "hash"}, {{"account", "acme"}, {"device", "robot-1"}}).empty());
    CHECK(owners_of({"access_token", {}, "hash"}, {{"account", "acme"}}).empty());
    CHECK(owners_of({"identity_name", ann, "painter"}, {{"identity", "i1"}}) == words{"its identity"});
    CHECK(owners_of({"open_break", ann, "open"}, json("no object")).empty());
}

TEST_CASE("records whose owner is gone are listed, and removed only when that is wanted") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    furnish(house, db);
    CHECK(search(house, db, lifecycle::run_mode::dry).orphans.count() == 0);

    house.put(db, {"reflection", ann, "gone/r1"}, json{{"input", "in"}, {"output", "out"}});
    house.put(db, {"person", {"acme", "old", "", ""}, "eve"}, json{{"first_name", "Eve"}});
    house.put(db, {"presence", {"acme", "old", "", ""}, "eve"}, json{{"last_seen", 1000}});
    auto before = house.digest(db);
    auto found = search(house, db, lifecycle::run_mode::dry);
    CHECK(found.orphans.count() == 3);
    CHECK(found.removed == 0);
    CHECK(house.digest(db) == before);
    REQUIRE(found.orphans.first().size() == 3);
    CHECK(std::ranges::any_of(found.orphans.first(), [](const auto& one) {
        return one.what == "reflection" && one.key == "gone/r1" && one.message == "its session is gone";
    }));

    CHECK(search(house, db, lifecycle::run_mode::real).removed == 3);
    CHECK(search(house, db, lifecycle::run_mode::dry).orphans.count() == 0);
    CHECK(house.digest(db).records == before.records - 3);
}

TEST_CASE("an orphan that owns others takes them along") {
    lifecycle_house house;
    auto& db = house.open(database_type::memory);
    house.put(db, {"loop", account, "home"}, json{{"name", "Home"}});
    house.put(db, {"person", home, "ann"}, json{{"first_name", "Ann"}});
    house.put(db, {"presence", home, "ann"}, json{{"last_seen", 1000}});
    auto report = search(house, db, lifecycle::run_mode::real);
    CHECK(report.removed == 3);
    CHECK(house.digest(db).records == 0);
}
