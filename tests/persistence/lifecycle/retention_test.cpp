#include "persistence/lifecycle/compact.hpp"
#include "tests/persistence/lifecycle/house.hpp"

#include <chrono>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const scope ann{"acme", "", "", "ann"};

void reflect(lifecycle_house& house, database& db, const std::string& session, int number) {
    auto id = std::to_string(10'000 + number);
    house.put(db, {"reflection", ann, session + "/" + id}, json{{"input", "in"}, {"output", "out"}});
}

std::size_t count(lifecycle_house& house, database& db) {
    return house.digest(db).records;
}

} // namespace

TEST_CASE("reflections older than the age, and the oldest beyond the number of a session, are removed") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    reflect(house, db, "s1", 1);
    house.env.jump_utc(std::chrono::days(60));
    for (int i = 2; i < 7; ++i)
        reflect(house, db, "s1", i);
    for (int i = 2; i < 5; ++i)
        reflect(house, db, "s2", i);
    house.env.jump_utc(std::chrono::days(31));

    lifecycle::retention_rules rules;
    rules.reflections_per_session = 3;
    auto preview =
        house.env.run(lifecycle::apply_retention(&house.env, &db, rules, lifecycle::run_mode::dry));
    REQUIRE(preview);
    CHECK(preview->reflections == 3);
    CHECK(count(house, db) == 9);
    auto removed =
        house.env.run(lifecycle::apply_retention(&house.env, &db, rules, lifecycle::run_mode::real));
    REQUIRE(removed);
    CHECK(removed->reflections == 3);
    CHECK(count(house, db) == 6);
    CHECK_FALSE(house.read(db, {"reflection", ann, "s1/10003"}));
    CHECK(house.read(db, {"reflection", ann, "s1/10004"}));
    CHECK(house.read(db, {"reflection", ann, "s2/10002"}));
}

TEST_CASE("deleted media and what has expired go, with sessions their logs") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    json media{{"path", "a.jpg"}, {"type", "image/jpeg"}, {"reference", "blob"}, {"deleted", true}};
    house.put(db, {"media", {"acme", "home", "", ""}, "a.jpg"}, media);
    media.erase("deleted");
    media["path"] = "b.jpg";
    house.put(db, {"media", {"acme", "home", "", ""}, "b.jpg"}, media);
    house.put(db, {"user_data", ann, "soon"}, json(1), house.env.utc_now() + milliseconds(5));
    auto dying = session_of("s1");
    dying.expires = house.env.utc_now() + milliseconds(5);
    house.put_session(db, dying, 3);
    house.put_session(db, session_of("s2"), 2);
    house.env.advance(milliseconds(10));

    auto preview = house.env.run(lifecycle::apply_retention(&house.env, &db, {}, lifecycle::run_mode::dry));
    REQUIRE(preview);
    auto removed = house.env.run(lifecycle::apply_retention(&house.env, &db, {}, lifecycle::run_mode::real));
    REQUIRE(removed);
    for (const auto& counts : {*preview, *removed}) {
        CHECK(counts.media == 1);
        CHECK(counts.expired_records == 1);
        CHECK(counts.expired_sessions == 1);
    }
    auto left = house.digest(db);
    CHECK(left.records == 1);
    CHECK(left.sessions == 1);
    CHECK(left.entries == 2);
}

TEST_CASE("compacting gives the room of what was removed back to the disk") {
    lifecycle_house house;
    auto type = GENERATE(database_type::file, database_type::sqlite);
    auto& db = house.open(type);
    for (int i = 0; i < 200; ++i)
        house.put(db, {"user_data", ann, std::to_string(i)}, json(std::string(20'000, 'x')),
                  house.env.utc_now() + milliseconds(5));
    house.env.advance(milliseconds(10'000));
    auto report = house.env.run(lifecycle::compact_store(&house.env, &db, {}, lifecycle::run_mode::real));
    REQUIRE(report);
    CHECK(report->removed.expired_records == 200);
    CHECK(report->bytes_before > 4'000'000);
    CHECK(report->bytes_after < 1'000'000);
}
