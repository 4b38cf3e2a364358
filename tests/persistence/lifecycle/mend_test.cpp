#include "persistence/lifecycle/mend.hpp"
#include "tests/persistence/lifecycle/house.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const scope ann{"acme", "", "", "ann"};

lifecycle::mend_report mend(lifecycle_house& house, database& db, lifecycle::run_mode how) {
    auto report = house.env.run(lifecycle::mend_store(&house.env, &db, how, {}));
    REQUIRE(report);
    return *report;
}

} // namespace

TEST_CASE("sanitising mends what has one meaning, reports the rest and writes no valid record") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    fill(house, db);
    auto sound = house.digest(db);
    CHECK(mend(house, db, lifecycle::run_mode::real).mended_records == 0);
    CHECK(house.digest(db) == sound);

    record_id mendable{"user_note", ann, "n2"};
    house.put_text(db, mendable, R"({"note":"likes milk","source_message":null,"mood":"good"})");
    house.put_text(db, {"user_note", ann, "n3"}, R"({"note":7})");
    house.put_text(db, {"user_data", ann, "torn"}, R"({"half)");
    house.put_text(db, {"unheard_of", ann, "x"}, "{}");
    auto spoilt = house.digest(db);

    auto preview = mend(house, db, lifecycle::run_mode::dry);
    CHECK(preview.mended_records == 1);
    CHECK(house.digest(db) == spoilt);
    auto report = mend(house, db, lifecycle::run_mode::real);
    CHECK(report.mended_records == 1);
    CHECK(report.mended.count() == 2);
    CHECK(report.incurable.count() == 3);
    CHECK(report.changed == 0);
    auto mended = house.read(db, mendable);
    REQUIRE(mended);
    CHECK(mended->value == R"({"note":"likes milk"})");
    CHECK(mended->revision == revision{2});
    CHECK(house.read(db, {"user_data", ann, "torn"})->value == R"({"half)");
    CHECK(mend(house, db, lifecycle::run_mode::real).mended_records == 0);
}
