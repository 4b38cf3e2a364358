#include "persistence/task_group.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

task_group::error_handler rethrow() {
    return [](std::exception_ptr error) { std::rethrow_exception(error); };
}

change_set one(record_write write) {
    change_set changes;
    changes.writes.push_back(std::move(write));
    return changes;
}

/// Adds 1 to the number at key `k` as often as asked, reading again after every lost race.
task<> increment(database& db, int times) {
    while (times > 0) {
        auto found = co_await db.read(id_of("k"));
        auto next = std::to_string(std::stoi(found->value) + 1);
        auto changes = one(put("k", std::move(next), write_mode::if_revision, found->revision));
        auto outcome = co_await db.commit(std::move(changes));
        if (outcome.committed()) --times;
    }
}

task<> commit_into(database& db, change_set changes, std::vector<commit_outcome>& outcomes) {
    auto outcome = co_await db.commit(std::move(changes));
    outcomes.push_back(outcome);
}

task<> read_into(database& db, std::string key, std::vector<error_code>& errors) {
    auto found = co_await db.read(id_of(std::move(key)));
    errors.push_back(found ? error_code() : found.error());
}

} // namespace

TEST_CASE("increments of one key by many writers that lose races are neither lost nor doubled") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("k", "0")).committed());
    task_group tasks(store.env.get_executor(), rethrow());
    for (int writer = 0; writer < 10; ++writer)
        tasks.spawn(increment(*store.db, 20));
    store.env.run(tasks.join());
    auto found = store.read(id_of("k"));
    REQUIRE(found);
    CHECK(found->value == "200");
    CHECK(found->revision == revision{201});
}

TEST_CASE("of ten thousand conditional writes submitted at once exactly the consecutive ones count") {
    contract_store store(EVERY_DATABASE_TYPE, 20000);
    task_group tasks(store.env.get_executor(), rethrow());
    std::vector<commit_outcome> outcomes;
    for (std::uint64_t i = 0; i < 10000; ++i) {
        auto write = put("k", std::to_string(i), write_mode::if_revision, {i});
        tasks.spawn(commit_into(*store.db, one(write), outcomes));
        tasks.spawn(commit_into(*store.db, one(write), outcomes)); // its rival loses the race every time
    }
    store.env.run(tasks.join());
    CHECK(store.read(id_of("k"))->revision == revision{10000});
    CHECK(store.read(id_of("k"))->value == "9999");
    CHECK(std::ranges::count_if(outcomes, &commit_outcome::committed) == 10000);
}

TEST_CASE("ten thousand writers of many keys all have their own verdicts, in their order, and none is lost") {
    contract_store store(EVERY_DATABASE_TYPE, 20000);
    task_group tasks(store.env.get_executor(), rethrow());
    std::vector<commit_outcome> outcomes;
    for (int i = 0; i < 10000; ++i) {
        auto key = std::to_string(i % 1000);
        auto mode = i % 2 == 0 ? write_mode::upsert : write_mode::create_only;
        tasks.spawn(commit_into(*store.db, one(put(key, std::to_string(i), mode)), outcomes));
    }
    store.env.run(tasks.join());
    REQUIRE(outcomes.size() == 10000);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        bool refused = i >= 1000 && i % 2 == 1;
        REQUIRE(outcomes[i].error == (refused ? error_code(errc::conflict) : error_code()));
    }
    for (const auto& found : store.scan({"note", id_of("").scope, "", 1000})) {
        auto key = std::stoi(found.id.key);
        REQUIRE(found.value == std::to_string(key % 2 == 0 ? 9000 + key : key));
        REQUIRE(found.revision == revision{key % 2 == 0 ? 10U : 1U});
    }
}

TEST_CASE("a change set that fails harms none of those submitted with it") {
    contract_store store(EVERY_STORE_KIND);
    REQUIRE(store.commit(new_session("s1")).committed());
    REQUIRE(store.commit(put("taken", "1")).committed());
    task_group tasks(store.env.get_executor(), rethrow());
    std::vector<commit_outcome> outcomes;

    change_set torn; // its first writes would succeed
    torn.session = new_session("s2");
    torn.writes = {put("a", "torn"), put("taken", "2", write_mode::create_only)};
    auto row = *store.session("s1");
    change_set turn;
    turn.session = turn_of(row, "t1", 1);
    change_set twice;
    twice.session = turn_of(row, "t1", 1);

    tasks.spawn(commit_into(*store.db, one(put("a", "good")), outcomes));
    tasks.spawn(commit_into(*store.db, torn, outcomes));
    tasks.spawn(commit_into(*store.db, turn, outcomes));
    tasks.spawn(commit_into(*store.db, twice, outcomes));
    tasks.spawn(commit_into(*store.db, one(put("b", std::string(max_value_size + 1, 'x'))), outcomes));
    tasks.spawn(commit_into(*store.db, one(put("c", "good")), outcomes));
    store.env.run(tasks.join());

    std::vector<std::string> verdicts;
    for (const auto& outcome : outcomes)
        verdicts.push_back(outcome.committed() ? "committed" : outcome.error.message());
    auto message = [](errc e) { return make_error_code(e).message(); };
    CHECK_THAT(verdicts, Catch::UnorderedEquals(std::vector<std::string>{
                             "committed", "committed", "committed", message(errc::conflict),
                             message(errc::duplicate_turn), message(errc::too_large)}));
    CHECK(store.read(id_of("a"))->value == "good");
    CHECK(store.read(id_of("a"))->revision == revision{1});
    CHECK(store.read(id_of("c"))->value == "good");
    CHECK_FALSE(store.session("s2"));
    CHECK(store.session("s1")->head == 1);
}

TEST_CASE("a completion never comes inside the call, and comes on the thread of the environment") {
    contract_store store(EVERY_DATABASE_TYPE);
    task_group tasks(store.env.get_executor(), rethrow());
    std::vector<commit_outcome> outcomes;
    tasks.spawn(commit_into(*store.db, one(put("a", "1")), outcomes));
    store.env.context().run_one(); // the task runs up to where it waits
    CHECK(outcomes.empty());
    store.env.run(tasks.join());
    CHECK(outcomes.size() == 1);
}

TEST_CASE("close completes what was submitted, and every later call says that the database is closed") {
    contract_store store(EVERY_DATABASE_TYPE);
    task_group tasks(store.env.get_executor(), rethrow());
    std::vector<commit_outcome> outcomes;
    std::vector<error_code> reads;
    for (int i = 0; i < 100; ++i)
        tasks.spawn(commit_into(*store.db, one(put(std::to_string(i), "1")), outcomes));
    tasks.spawn(read_into(*store.db, "none", reads));
    tasks.spawn(store.db->close());
    store.env.run(tasks.join());
    REQUIRE(outcomes.size() == 100);
    CHECK(std::ranges::all_of(outcomes, &commit_outcome::committed));
    CHECK(reads == std::vector<error_code>{errc::not_found});

    CHECK(store.commit(put("a", "1")).error == errc::closed);
    CHECK(store.read(id_of("0")).error() == errc::closed);
    CHECK(store.session("s1").error() == errc::closed);
    CHECK(store.turn({1}, "t").error() == errc::closed);
    CHECK(store.env.run(store.db->scan({"note", {}, "", 1})).error() == errc::closed);
    CHECK(store.env.run(store.db->read_log({1}, 0, 1, 1)).error() == errc::closed);
    CHECK(store.env.run(store.db->read_history({1}, {}, 1)).error() == errc::closed);
    CHECK(store.env.run(store.db->latest_turns({1}, 1)).error() == errc::closed);
    store.closed_already();
}

TEST_CASE("an open database has one incarnation, and two memory databases have two") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto incarnation = store.db->incarnation();
    CHECK(incarnation.size() >= 16);
    REQUIRE(store.commit(put("a", "1")).committed());
    CHECK(store.db->incarnation() == incarnation);

    std::string why;
    auto another = open_database(store.env, {}, why);
    REQUIRE(another);
    CHECK((*another)->incarnation() != incarnation);
    store.env.run((*another)->close());
}
