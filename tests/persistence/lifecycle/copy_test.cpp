#include "persistence/lifecycle/copy.hpp"
#include "tests/persistence/encryption/sealed_store.hpp"
#include "tests/persistence/lifecycle/house.hpp"

#include <cstdlib>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

lifecycle::copy_report copy(lifecycle_house& house, database& from, database& to,
                            lifecycle::copy_options options = {}) {
    auto report = house.env.run(lifecycle::copy_store(&house.env, &from, &to, options, {}));
    REQUIRE(report);
    return *report;
}

/// Many records of one type, in large change sets.
void put_many(lifecycle_house& house, database& into, std::size_t count) {
    constexpr std::size_t at_once = 1000;
    for (std::size_t i = 0; i < count;) {
        change_set changes;
        changes.now = house.env.utc_now();
        for (std::size_t j = 0; j < at_once && i < count; ++j, ++i) {
            record_write write;
            write.id = {
                "user_note", {"acme", "", "", "p" + std::to_string(i % 100)}, "n" + std::to_string(i)};
            write.value = R"({"note":"number )" + std::to_string(i) + R"("})";
            changes.writes.push_back(std::move(write));
        }
        auto answer = house.env.run(into.commit(std::move(changes)));
        REQUIRE_FALSE(answer.error);
    }
}

std::size_t how_many() {
    const char* given = std::getenv("REJOINDER_COPIED_RECORDS");
    return given && *given ? std::stoul(given) : 3000;
}

} // namespace

TEST_CASE("a copy holds what the source holds, and a second one changes nothing") {
    lifecycle_house house;
    auto& from = house.open(EVERY_STORE, "from");
    auto& to = house.open(EVERY_STORE, "to");
    fill(house, from);
    auto first = copy(house, from, to);
    CHECK(first.written_records == first.records);
    CHECK(first.written_sessions == 2);
    CHECK(first.verified());
    CHECK(first.source.entries == 8);
    CHECK(house.digest(from) == house.digest(to));

    auto second = copy(house, from, to);
    CHECK(second.changes() == 0);
    CHECK(second.verified());
}

TEST_CASE("a copy into an encrypted store and out of it again holds the same, and compares in any order") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto where = house.options(GENERATE(database_type::file, database_type::sqlite), "sealed");
    where.keys = ring_of({"k1"});
    auto& sealed = house.open(where, "sealed");
    auto& back = house.open(database_type::memory, "back");
    fill(house, from);
    for (int i = 0; i < 700; ++i) // more than a page, under keys that are hidden
        house.put(from, {"list_item", {"acme", "", "", "ann"}, "shopping/" + std::to_string(i)}, "x");
    REQUIRE(sealed.hides_keys());
    CHECK(copy(house, from, sealed).verified());
    CHECK(copy(house, sealed, back).verified());
    CHECK(house.digest(back) == house.digest(from));
    CHECK(copy(house, from, sealed).changes() == 0);
    CHECK(copy(house, sealed, from).changes() == 0);
    CHECK(copy(house, back, sealed).changes() == 0);
}

TEST_CASE("a dry run of a copy counts and writes nothing") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto& to = house.open(EVERY_STORE, "to");
    fill(house, from);
    lifecycle::copy_options options;
    options.how = lifecycle::run_mode::dry;
    auto report = copy(house, from, to, options);
    CHECK(report.written_records == report.records);
    CHECK(report.written_sessions == 2);
    CHECK(house.digest(to) == lifecycle::store_digest());
}

TEST_CASE("a copy writes what differs, down to one entry of a log") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto& to = house.open(EVERY_STORE, "to");
    fill(house, from);
    copy(house, from, to);
    house.put(from, {"user_note", {"acme", "", "", "ann"}, "n1"}, json{{"note", "changed"}});
    auto row = house.env.run(from.read_session(session_id{"s1"}));
    REQUIRE(row);
    house.put_session(from, session_of("s3"), 1);
    auto report = copy(house, from, to);
    CHECK(report.written_records == 1);
    CHECK(report.written_sessions == 1);
    CHECK(report.verified());
}

TEST_CASE("a copy onto what the source does not hold is refused before anything is written, or replaces it") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto& to = house.open(EVERY_STORE, "to");
    fill(house, from);
    house.put(to, {"loop", {"zeta", "", "", ""}, "home"}, json{{"name", "Home"}});
    house.put_session(to, session_of("s9"), 2);
    auto before = house.digest(to);
    auto refused = copy(house, from, to);
    CHECK(refused.refused());
    CHECK(refused.other_records == 1);
    CHECK(refused.other_sessions == 1);
    CHECK(house.digest(to) == before);

    lifecycle::copy_options options;
    options.only_in_target = lifecycle::copy_options::others::remove;
    auto replaced = copy(house, from, to, options);
    CHECK(replaced.removed_records == 1);
    CHECK(replaced.removed_sessions == 1);
    CHECK(replaced.verified());
}

TEST_CASE(
    "many records go from one kind of store to the next with equal hashes, also when cut off half-way") {
    lifecycle_house house;
    auto count = how_many();
    std::vector<database_type> chain{database_type::file, database_type::sqlite, database_type::file};
    if (postgresql_cluster::is_available()) chain.insert(chain.end() - 1, database_type::postgresql);
    auto* from = &house.open(chain.front(), "0");
    put_many(house, *from, count);
    house.put_session(*from, session_of("s1"), 700);
    auto whole = house.digest(*from);
    REQUIRE(whole.records == count);
    REQUIRE(whole.entries == 700);

    auto cut_off = [](lifecycle::progress now) {
        if (now.total > 0 && now.done > now.total * 2 / 3) throw std::runtime_error("cut off");
    };
    for (std::size_t step = 1; step < chain.size(); ++step) {
        CAPTURE(step, to_string(chain[step]));
        auto& to = house.open(chain[step], std::to_string(step));
        CHECK_THROWS(house.env.run(lifecycle::copy_store(&house.env, from, &to, {}, cut_off)));
        auto half = house.digest(to);
        CHECK(half.records > 0);
        CHECK(half.records < count);

        auto rest = copy(house, *from, to);
        CHECK(rest.verified());
        CHECK(rest.written_records == count - half.records);
        CHECK(house.digest(to) == whole);
        CHECK(copy(house, *from, to).changes() == 0);
        from = &to;
    }
}

TEST_CASE(
    "a copy brings nothing back that was erased in the target, and removes what was erased in the source") {
    lifecycle_house house;
    auto& from = house.open(database_type::memory, "from");
    auto& to = house.open(EVERY_STORE, "to");
    fill(house, from);
    copy(house, from, to);
    lifecycle::subject ann{lifecycle::subject::kind::person, "acme", "ann"};
    house.env.advance(milliseconds(10));
    house.erase(to, ann);
    auto after = house.digest(to);

    auto again = copy(house, from, to);
    CHECK(again.erased > 0);
    CHECK(again.verified());
    CHECK(again.written_records == 1); // the loop, whose owner was taken out of it under another revision
    CHECK(again.written_sessions == 0);
    CHECK(house.digest(to).records == after.records);
    auto loop = house.read(to, {"loop", {"acme", "", "", ""}, "home"});
    REQUIRE(loop);
    CHECK(loop->value == R"({"name":"Home"})");
    CHECK(copy(house, from, to).changes() == 0);

    house.erase(from, ann);
    auto& fresh = house.open(database_type::memory, "fresh");
    fill(house, fresh);
    auto into = copy(house, from, fresh);
    CHECK(into.removed_records + into.removed_sessions > 0);
    CHECK(into.verified());
}
