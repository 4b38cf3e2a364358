#include "tests/persistence/postgresql/server_store.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// Adds 1 to the number at a key as often as asked, reading again after every lost race.
task<> increment(database* db, std::string key, int times) {
    while (times > 0) {
        auto found = co_await db->read(id_of(key));
        auto number = found ? std::stoi(found->value) : 0;
        auto at = found ? found->revision : revision{};
        change_set changes;
        changes.writes.push_back(put(key, std::to_string(number + 1), write_mode::if_revision, at));
        auto outcome = co_await db->commit(std::move(changes));
        if (outcome.committed())
            --times;
        else if (outcome.error != errc::conflict)
            throw std::runtime_error(outcome.error.message());
    }
}

/// Creates and erases one record as often as asked, and notes the revisions that it had.
task<> come_and_go(database* db, int times, std::vector<std::uint64_t>* seen) {
    while (times > 0) {
        change_set changes;
        changes.writes.push_back(put("k", "1", write_mode::create_only));
        auto created = co_await db->commit(std::move(changes));
        if (!created.committed()) continue;
        auto found = co_await db->read(id_of("k"));
        if (!found) throw std::runtime_error("what only this one erases is gone");
        seen->push_back(found->revision.value);
        change_set erasing;
        erasing.writes.push_back(drop("k"));
        auto erased = co_await db->commit(std::move(erasing));
        if (!erased.committed()) throw std::runtime_error(erased.error.message());
        --times;
    }
}

} // namespace

TEST_CASE("two servers on one store lose and double nothing, whatever isolation its database prefers") {
    if (!postgresql_or_skip()) return;
    auto isolation = GENERATE(as<std::string>(), "read committed", "repeatable read", "serializable");
    CAPTURE(isolation);
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    postgresql_operator administrator(url);
    auto name = administrator.execute("select current_database()");
    administrator.execute("alter database " + name + " set default_transaction_isolation = '" + isolation +
                          "'");
    server_store one(env, url);
    server_store other(env, url);

    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int writer = 0; writer < 4; ++writer) {
        for (const auto* key : {"x", "y"}) {
            tasks.spawn(increment(one.db.get(), key, 10));
            tasks.spawn(increment(other.db.get(), key, 10));
        }
    }
    env.run(tasks.join());
    for (const auto* key : {"x", "y"}) {
        CHECK(one.read(key)->value == "80");
        CHECK(other.read(key)->revision == revision{80});
    }
}

TEST_CASE("a commit that others get in the way of again and again goes through in the end") {
    if (!postgresql_or_skip()) return;
    auto state = GENERATE(as<std::string>(), "40001", "40P01", "23505");
    CAPTURE(state);
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    postgresql_operator administrator(url);
    let_refuse_writes(administrator, "record", 15, state);
    CHECK(store.commit(put("a", "1")).committed());
    CHECK(store.read("a")->revision == revision{1});
    CHECK(administrator.execute("select last_value from refusals") == "16");
}

TEST_CASE("whoever others get in the way of before its first commit begins anew") {
    if (!postgresql_or_skip()) return;
    auto state = GENERATE(as<std::string>(), "40001", "40P01", "23505");
    CAPTURE(state);
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    postgresql_operator administrator(url);
    let_refuse_writes(administrator, "writer", 2, state);
    CHECK(store.commit(put("a", "1")).committed());
    CHECK(store.db->health() == store_health::usable);
}

TEST_CASE("a read that others get in the way of is asked again") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    REQUIRE(store.commit(put("a", "1")).committed());
    postgresql_operator administrator(url);
    let_refuse_reads(administrator, "record", 5, "40001");
    CHECK(store.read("a")->value == "1");
}

TEST_CASE("a change set that others are always in the way of is unavailable, and harms none beside it") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url, milliseconds(200));
    REQUIRE(store.commit(put("a", "1")).committed());
    postgresql_operator administrator(url);
    administrator.execute(R"sql(
create function refuse_one() returns trigger language plpgsql as $$ begin
    if new.key = 'hindered' then raise exception using errcode = '40001'; end if;
    return new;
end $$;
create trigger refusing before insert on record for each row execute function refuse_one();
)sql");
    std::vector<commit_outcome> outcomes;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (const auto* key : {"first", "b", "hindered", "c"})
        tasks.spawn(commit_into(store.db.get(), put(key, "1"), &outcomes));
    env.run(tasks.join());
    REQUIRE(outcomes.size() == 4);
    CHECK(outcomes[2].error == errc::unavailable);
    for (auto i : {0U, 1U, 3U})
        CHECK(outcomes[i].committed());
    CHECK(store.db->health() == store_health::usable);
}

TEST_CASE("no revision of a record comes twice, though two servers create and erase it") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store one(env, url);
    server_store other(env, url);
    std::vector<std::uint64_t> seen;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(come_and_go(one.db.get(), 30, &seen));
    tasks.spawn(come_and_go(other.db.get(), 30, &seen));
    env.run(tasks.join());
    std::ranges::sort(seen);
    CHECK(seen.size() == 60);
    CHECK(std::ranges::adjacent_find(seen) == seen.end());
}

TEST_CASE("a server whose session another one took over is fenced") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store one(env, url);
    server_store other(env, url);
    CHECK(one.db->incarnation() == other.db->incarnation());
    REQUIRE(one.commit(new_session("s1")).committed());
    CHECK(other.commit(new_session("s1")).error == errc::conflict);

    auto stale = *one.session("s1");
    auto takeover = next_of(*other.session("s1"));
    takeover.row.owner_generation = 2;
    REQUIRE(other.commit(takeover).committed());
    CHECK(one.commit(turn_of(stale, "t1", 1)).error == errc::fenced);
    CHECK(one.session("s1")->head == 0);
}
