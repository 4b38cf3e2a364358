#include "tests/persistence/postgresql/server_store.hpp"

#include <map>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

change_page changes(real_environment& env, database& db, std::string after, std::size_t limit = 1000) {
    auto page = env.get(db.read_changes(std::move(after), limit));
    REQUIRE(page);
    return *page;
}

/// Writes a record of its own and one that is everybody's, as often as asked.
task<> write_often(database* db, std::string key, int times, int* running) {
    for (int i = 0; i < times; ++i) {
        change_set both;
        both.writes = {put(key, "1"), put("everybody's", "1")};
        auto outcome = co_await db->commit(std::move(both));
        if (!outcome.committed()) throw std::runtime_error(outcome.error.message());
    }
    --*running;
}

/// Reads the feed, a few changes at a time, until nobody writes and nothing is left.
task<> follow(environment* env, database* db, const int* running, std::vector<change>* met) {
    std::string position;
    for (;;) {
        bool is_last = *running == 0;
        auto page = co_await db->read_changes(position, 7);
        if (!page) throw std::runtime_error(page.error().message());
        met->insert(met->end(), page->changes.begin(), page->changes.end());
        position = page->next;
        if (!page->changes.empty()) continue;
        if (is_last) co_return;
        co_await pass_time(env, milliseconds(5));
    }
}

task<> purge_into(database* db, utc_time expired_before, result<purged>* gone) {
    *gone = co_await db->purge(expired_before, 10);
}

task<> compact_into(database* db, error_code* ended) {
    *ended = co_await db->compact();
}

constexpr auto is_waiting = "select count(*) from pg_stat_activity where datname = current_database() and "
                            "wait_event_type = 'Lock' and query ilike ";

} // namespace

TEST_CASE("a follower misses nothing and meets nothing twice of what several servers commit at once") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    std::vector<std::unique_ptr<server_store>> servers;
    for (int i = 0; i < 3; ++i)
        servers.push_back(std::make_unique<server_store>(env, url));
    constexpr int times = 40;
    int running = 3;
    std::vector<change> met;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (std::size_t i = 0; i < 3; ++i)
        tasks.spawn(write_often(servers[i]->db.get(), std::to_string(i), times, &running));
    tasks.spawn(follow(&env.env(), servers[0]->db.get(), &running, &met));
    env.run(tasks.join());

    CHECK(met.size() == 3 * 2 * times);
    std::map<std::string, std::uint64_t> latest;
    for (const auto& one : met) {
        REQUIRE(one.record);
        CHECK(one.revision.value == ++latest[one.record->key]);
    }
    CHECK(latest["everybody's"] == 3 * times);
}

TEST_CASE("a change that waits to be committed holds back what comes behind it in the feed") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store one(env, url);
    server_store other(env, url);
    REQUIRE(one.commit(put("first", "1")).committed());
    // The commit of a write of `slow` waits at its very end, when its place in the feed is known, for whoever
    // holds the row of `gate`.
    postgresql_operator administrator(url);
    administrator.execute(R"sql(
create table gate (open bigint);
insert into gate values (1);
create function wait_at_gate() returns trigger language plpgsql as $$ begin
    if new.key = 'slow' then perform 1 from gate for update; end if;
    return null;
end $$;
create constraint trigger waiting after insert on change deferrable initially deferred
    for each row execute function wait_at_gate();
)sql");
    postgresql_operator keeper(url);
    keeper.execute("begin");
    keeper.execute("select 1 from gate for update");
    std::vector<commit_outcome> outcomes;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(commit_into(one.db.get(), put("slow", "1"), &outcomes));
    env.run(until(&env.env(),
                  [&] { return administrator.execute(is_waiting + std::string("'commit'")) == "1"; }));
    tasks.spawn(commit_into(other.db.get(), put("quick", "1"), &outcomes));
    env.run(until(&env.env(),
                  [&] { return administrator.execute(is_waiting + std::string("'%update feed%'")) == "1"; }));
    auto before = changes(env, *one.db, "");
    CHECK(before.changes.size() == 1);
    keeper.execute("commit");
    env.run(tasks.join());
    auto behind = changes(env, *other.db, before.next);
    REQUIRE(behind.changes.size() == 2);
    CHECK(behind.changes[0].record->key == "slow");
    CHECK(behind.changes[1].record->key == "quick");
}

TEST_CASE("what another server prolongs while a purge waits for it stays") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    auto expires = env.env().utc_now();
    for (const auto* key : {"a", "b"}) {
        auto write = put(key, "1");
        write.expires = expires;
        REQUIRE(store.commit(write).committed());
        auto session = new_session(key);
        session.row.expires = expires;
        REQUIRE(store.commit(session).committed());
    }
    postgresql_operator rival(url);
    rival.execute("begin");
    rival.execute("update session set expires = expires + 1000000 where id = 'a'");
    rival.execute("update record set expires = expires + 1000000 where key = 'a'");
    result<purged> gone = errc::unavailable;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(purge_into(store.db.get(), expires, &gone));
    env.run(until(&env.env(), [&] {
        return postgresql_operator(url).execute(is_waiting + std::string("'%due%'")) == "1";
    }));
    rival.execute("commit");
    env.run(tasks.join());
    REQUIRE(gone);
    CHECK(gone->records == 1);
    CHECK(gone->sessions == 1);
    CHECK(rival.execute("select count(*) from record") == "1");
    CHECK(rival.execute("select id from session") == "\\x61");
    auto later = env.get(store.db->purge(expires + seconds(2000), 10));
    REQUIRE(later);
    CHECK(later->sessions == 1);
}

TEST_CASE("a purge of more than a transaction removes is done in several") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    server_store store(env, postgresql_cluster::shared().new_database());
    auto expires = env.env().utc_now();
    change_set many;
    for (int i = 0; i < 700; ++i) {
        many.writes.push_back(put(std::to_string(i), "1"));
        many.writes.back().expires = expires;
    }
    auto written = env.get(store.db->commit(std::move(many)));
    REQUIRE(written.committed());
    CHECK(env.get(store.db->purge(expires, 600))->records == 600);
    CHECK(env.get(store.db->purge(expires, 600))->records == 100);
    CHECK(env.get(store.db->purge(expires, 600))->records == 0);
}

TEST_CASE("the feed keeps its bound, whoever filled it and whatever is written") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    {
        server_store earlier(env, url);
        REQUIRE(earlier.commit(put("a", "1")).committed());
    }
    postgresql_operator administrator(url);
    administrator.execute(
        "insert into change select place, at, revision, is_session, is_removed, account, type, loop, "
        "device, person, key from change, generate_series(2, 150000) as place where position = 1");
    administrator.execute("update feed set last = 150000");
    server_store store(env, url);
    record one;
    one.id = id_of("b");
    one.revision = {1};
    one.value = "1";
    REQUIRE_FALSE(env.get(store.db->transplant({{one}, {}})));
    CHECK(administrator.execute("select count(*) from change") == std::to_string(kept_changes));
    CHECK(administrator.execute("select last - begins + 1 from feed") == std::to_string(kept_changes));
    CHECK(changes(env, *store.db, store.db->incarnation() + ":150000").changes.size() == 1);
}

TEST_CASE("a compaction that is under way when the store is closed is given up") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    postgresql_operator rival(url);
    error_code ended;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    {
        server_store store(env, url);
        REQUIRE(store.commit(put("a", "1")).committed());
        rival.execute("begin");
        rival.execute("lock table trim in share update exclusive mode"); // which a vacuum takes too
        tasks.spawn(compact_into(store.db.get(), &ended));
        env.run(until(&env.env(), [&] {
            return postgresql_operator(url).execute(is_waiting + std::string("'vacuum%'")) == "1";
        }));
        CHECK(store.commit(put("a", "2")).committed());
    }
    env.run(tasks.join());
    CHECK(ended == errc::closed);
    rival.execute("rollback");
}

TEST_CASE("a server that does not tell its sizes is no failure of the store") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    postgresql_operator administrator(url);
    administrator.execute(
        "create function pg_total_relation_size(oid) returns bigint language plpgsql volatile as $$ "
        "begin raise exception using errcode = '42883'; end $$");
    administrator.execute("alter database " + administrator.execute("select current_database()") +
                          " set search_path = public, pg_catalog");
    server_store store(env, url);
    CHECK(env.get(store.db->size()).error() == errc::unsupported);
    CHECK(store.commit(put("a", "1")).committed());
    CHECK(store.db->health() == store_health::usable);
}
