#include "persistence/lifecycle/check.hpp"
#include "tests/persistence/lifecycle/house.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

lifecycle::check_report check(lifecycle_house& house, database& db, lifecycle::session_check restores = {}) {
    auto report = house.env.run(lifecycle::check_store(&db, std::move(restores), {}));
    REQUIRE(report);
    return *report;
}

/// Changes a session's last commit into a wrong one.
template <class Spoil>
std::vector<std::string> places_of(Spoil spoil) {
    auto row = session_of("s1");
    row.revision = {3};
    row.head = 2;
    std::vector<log_entry> log(2);
    for (std::uint64_t i = 0; i < log.size(); ++i) {
        log[i].first = log[i].last = i + 1;
        log[i].revision = {i + 2};
        log[i].events = R"([{"say":"hello"}])";
        row.log_bytes += log[i].events.size();
    }
    spoil(row, log);
    std::vector<std::string> places;
    auto add = [&places](const std::vector<record_problem>& problems) {
        for (const auto& problem : problems)
            places.push_back(problem.pointer);
    };
    add(lifecycle::inspect(row));
    lifecycle::log_inspection inspection(row);
    for (const auto& entry : log)
        add(inspection.next(entry));
    add(inspection.end());
    return places;
}

using entries = std::vector<log_entry>;
using places = std::vector<std::string>;

} // namespace

TEST_CASE("a sound store has no problems") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    fill(house, db);
    auto report = check(house, db);
    for (const auto& one : report.wrong.first())
        UNSCOPED_INFO(one.what << " " << one.key << " " << one.place << " " << one.message);
    CHECK(report.wrong.count() == 0);
    CHECK(report.records > 30);
    CHECK(report.sessions == 2);
    CHECK(report.entries == 8);
}

TEST_CASE(
    "records that break their schema, are of no known type or are no JSON are found, without their values") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    house.put_text(db, {"user_note", {"acme", "", "", "ann"}, "n1"}, R"({"note":"secret","mood":"secret"})");
    house.put_text(db, {"unheard_of", {"acme", "", "", ""}, "x"}, "{}");
    house.put_text(db, {"loop", {"acme", "", "", ""}, "home"}, "secret");
    auto report = check(house, db);
    REQUIRE(report.wrong.count() == 3);
    std::map<std::string, lifecycle::finding> by_type;
    for (const auto& one : report.wrong.first()) {
        by_type[one.what] = one;
        CHECK(one.message.find("secret") == std::string::npos);
        CHECK(one.account == "acme");
    }
    CHECK(by_type.at("user_note").place == "/mood");
    CHECK(by_type.at("user_note").owner == "ann");
    CHECK(by_type.at("unheard_of").message.find("type") != std::string::npos);
    CHECK(by_type.at("loop").message.find("JSON") != std::string::npos);
}

TEST_CASE("the list of findings is bounded and its count is not") {
    lifecycle::finding_list list;
    for (int i = 0; i < 250; ++i)
        list.add({"note", "acme", "", std::to_string(i), "", "is wrong"});
    CHECK(list.count() == 250);
    CHECK(list.first().size() == 100);
}

TEST_CASE("a session that the rooms above can't restore is found") {
    lifecycle_house house;
    auto& db = house.open(database_type::memory);
    house.put_session(db, session_of("s1"), 1);
    auto report =
        check(house, db, [](const session_row&) { return std::optional<std::string>("is damaged"); });
    REQUIRE(report.wrong.count() == 1);
    CHECK(report.wrong.first()[0].what == "session");
    CHECK(report.wrong.first()[0].key == "s1");
}

TEST_CASE("a session's row and log are held against each other") {
    CHECK(places_of([](auto&, auto&) {}).empty());
    CHECK(places_of([](session_row& row, entries&) { row.state = "{"; }) == places{"/state"});
    CHECK(places_of([](session_row& row, entries&) { row.devices = ""; }) == places{"/devices"});
    CHECK(places_of([](session_row& row, entries&) { row.account = {}; }) == places{"/account"});
    CHECK(places_of([](session_row& row, entries&) { row.floor = 9; }).front() == "/floor");
    CHECK(places_of([](session_row& row, entries&) { row.log_bytes += 1; }) == places{"/log_bytes"});
    CHECK(places_of([](session_row& row, entries&) { row.head = 5; }) == places{"/log"});
    CHECK(places_of([](session_row&, entries& log) { log.pop_back(); }).front() == "/log");
    CHECK(places_of([](session_row&, entries& log) { log.erase(log.begin()); }).front() == "/log/3");
    CHECK(places_of([](session_row&, entries& log) { log[1].events = "[]"; }).front() == "/log/3/events");
    CHECK(places_of([](session_row&, entries& log) { log[1].events = "{"; }).front() == "/log/3/events");
    CHECK(places_of([](session_row&, entries& log) { log[1].outcome = "{"; }) == places{"/log/3/outcome"});
    CHECK(places_of([](session_row&, entries& log) { log[1].revision = {2}; }) == places{"/log/2"});
    CHECK(places_of([](session_row&, entries& log) { log[1].revision = {9}; }) == places{"/log/9"});
}

TEST_CASE("a log whose oldest events were let go is sound") {
    CHECK(places_of([](session_row& row, entries& log) {
              log[0].events = "[]";
              row.floor = 2;
              row.log_bytes = 3; // an estimate from then on
          }).empty());
    CHECK(places_of([](session_row& row, entries& log) {
              log.erase(log.begin());
              row.floor = 2;
          }).empty());
}
