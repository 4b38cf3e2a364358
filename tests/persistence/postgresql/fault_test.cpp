#include "tests/persistence/postgresql/server_store.hpp"

#include <signal.h>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

constexpr auto end_connections =
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rejoinder'";

task<> count_found(database* db, std::string key, int* found) {
    auto answer = co_await db->read(id_of(std::move(key)));
    if (answer) ++*found;
}

} // namespace

TEST_CASE("a server that goes away makes commits unavailable, and is found again when it is back") {
    if (!postgresql_or_skip()) return;
    postgresql_cluster cluster;
    real_environment env;
    server_store store(env, cluster.new_database());
    REQUIRE(store.commit(put("a", "1")).committed());
    REQUIRE(store.read("a"));

    cluster.end(SIGINT);
    CHECK(store.commit(put("a", "2")).error == errc::unavailable);
    CHECK(store.db->health() == store_health::lost);
    CHECK(store.commit(put("a", "2")).error == errc::unavailable);
    CHECK(store.read("a").error() == errc::unavailable);

    cluster.start();
    env.run(until(&env.env(), [&] { return store.db->health() == store_health::usable; }));
    CHECK(store.read("a")->value == "1");
    CHECK(store.commit(put("a", "2", write_mode::if_revision, {1})).committed());
}

TEST_CASE("connections that were ended while nobody used them are made anew without a word") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    REQUIRE(store.commit(put("a", "1")).committed());
    REQUIRE(store.read("a"));
    postgresql_operator(url).execute(end_connections);
    CHECK(store.commit(put("a", "2")).committed());
    CHECK(store.read("a")->value == "2");
    CHECK(store.db->health() == store_health::usable);
}

TEST_CASE(
    "a connection that breaks during a commit that did not happen costs nothing: the commit is repeated") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    REQUIRE(store.commit(put("a", "1")).committed());
    // The first commit of a write after this ends its own connection, at the very end of the transaction.
    postgresql_operator(url).execute(R"sql(
create sequence attempts;
create function break_once() returns trigger language plpgsql as $$ begin
    if nextval('attempts') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
    return null;
end $$;
create constraint trigger breaking after update on record deferrable initially deferred
    for each row execute function break_once();
)sql");
    CHECK(store.commit(put("a", "2", write_mode::if_revision, {1})).committed());
    CHECK(store.read("a")->revision == revision{2});
    CHECK(postgresql_operator(url).execute("select last_value from attempts") == "2");
}

TEST_CASE("a commit whose answer was lost is found to have happened, and happens once") {
    if (!postgresql_or_skip()) return;
    postgresql_cluster cluster;
    real_environment env;
    auto url = cluster.new_database();
    server_store store(env, url);
    std::vector<commit_outcome> outcomes{store.commit(put("a", "1"))};

    // A commit that waits for a standby has happened already; its connection is ended while it waits.
    postgresql_operator rival(url);
    rival.execute("alter system set synchronous_standby_names = 'none'");
    rival.execute("select pg_reload_conf()");
    bool goes_on = true;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(put_numbers(store.db.get(), &goes_on, &outcomes));
    auto waits = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
    env.run(until(&env.env(), [&] { return rival.execute(waits) == "1"; }));
    goes_on = false;
    auto count = outcomes.size() + 1;
    rival.execute("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'");
    rival.execute("alter system reset synchronous_standby_names");
    rival.execute("select pg_reload_conf()");
    env.run(tasks.join());

    REQUIRE(outcomes.size() == count);
    CHECK(outcomes.back().committed());
    CHECK(store.read("a")->value == std::to_string(count));
    CHECK(store.read("a")->revision == revision{count});
}

TEST_CASE("a commit whose fate cannot be read any more is unknown, and the store goes on") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url, milliseconds(200));
    REQUIRE(store.commit(put("a", "1")).committed());
    // The commit ends its own connection, and whoever looks for its trace is refused.
    postgresql_operator administrator(url);
    administrator.execute(R"sql(
create function break_always() returns trigger language plpgsql as $$ begin
    perform pg_terminate_backend(pg_backend_pid());
    return null;
end $$;
create constraint trigger breaking after update on record deferrable initially deferred
    for each row execute function break_always();
create function hide() returns trigger language plpgsql as $$ begin
    if new.batch = 0 then raise exception using errcode = '55000'; end if;
    return new;
end $$;
create trigger hiding before insert on writer for each row execute function hide();
)sql");
    auto outcome = store.commit(put("a", "2"));
    CHECK(outcome.error == errc::unknown_outcome);
    administrator.execute("drop trigger breaking on record");
    administrator.execute("drop trigger hiding on writer");
    env.run(until(&env.env(), [&] { return store.db->health() == store_health::usable; }));
    CHECK(store.read("a")->revision == revision{1});
    CHECK(store.commit(put("a", "2")).committed());
}

TEST_CASE("a store that another one has taken the place of is not used, and is again when it is back") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    REQUIRE(store.commit(put("a", "1")).committed());
    postgresql_operator administrator(url);
    auto name = administrator.execute("select value from meta");
    administrator.execute("update meta set value = 'another'");
    administrator.execute(end_connections);
    CHECK(store.commit(put("a", "2")).error == errc::unavailable);
    CHECK(store.db->health() == store_health::lost);
    CHECK(store.read("a").error() == errc::unavailable);

    administrator.execute("update meta set value = '" + name + "'");
    env.run(until(&env.env(), [&] { return store.db->health() == store_health::usable; }));
    CHECK(store.read("a")->value == "1");
}

TEST_CASE("reads that find the server gone tell of it, though nobody commits") {
    if (!postgresql_or_skip()) return;
    postgresql_cluster cluster;
    real_environment env;
    server_store store(env, cluster.new_database());
    REQUIRE(store.commit(put("a", "1")).committed());
    cluster.end(SIGINT);
    CHECK(store.read("a").error() == errc::unavailable);
    env.run(until(&env.env(), [&] { return store.db->health() == store_health::lost; }));
    cluster.start();
    env.run(until(&env.env(), [&] { return store.db->health() == store_health::usable; }));
    CHECK(store.read("a")->value == "1");
}

TEST_CASE("however much is asked at once, it goes over the connections that are allowed") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    std::vector<commit_outcome> outcomes;
    int found = 0;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int i = 0; i < 300; ++i) {
        tasks.spawn(commit_into(store.db.get(), put(std::to_string(i), "1"), &outcomes));
        tasks.spawn(count_found(store.db.get(), "0", &found));
    }
    env.run(tasks.join());
    CHECK(std::ranges::count_if(outcomes, &commit_outcome::committed) == 300);
    CHECK(postgresql_operator(url).execute(
              "select count(*) from pg_stat_activity where application_name = 'rejoinder' "
              "and datname = current_database()") == std::to_string(database_options{}.connections));
}

TEST_CASE("what lies in front of a damaged entry of a log is read") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url);
    REQUIRE(store.commit(new_session("s1")).committed());
    auto row = *store.session("s1");
    for (const auto* turn : {"t1", "t2", "t3"})
        REQUIRE(store.commit(turn_of(row, turn, 1)).committed());
    // Damage is found by whoever looks at the page, in the order of the index.
    postgresql_operator administrator(url);
    administrator.execute(R"sql(
create function whole(entry bytea) returns boolean language plpgsql volatile as $$ begin
    if entry = 't3' then raise exception using errcode = 'XX001'; end if;
    return true;
end $$;
alter table session_log rename to kept_log;
create view session_log as select * from kept_log where whole(turn);
)sql");
    administrator.execute("alter role tester set enable_seqscan = off");
    administrator.execute("alter role tester set enable_bitmapscan = off");
    administrator.execute("alter role tester set enable_sort = off");
    administrator.execute(end_connections);
    auto read = [&](std::uint64_t after) {
        return env.get(store.db->read_log(row.key, after, 100, 1 << 20));
    };
    auto first = read(0);
    REQUIRE(first);
    REQUIRE(first->size() == 1);
    CHECK((*first)[0].turn.text == "t1");
    REQUIRE(read(1));
    CHECK(read(2).error() == errc::corrupt);
    administrator.execute("alter role tester reset all");
}

TEST_CASE(
    "a statement that waits too long for somebody's lock is unavailable, and the store recovers by itself") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url, milliseconds(200));
    REQUIRE(store.commit(put("a", "1")).committed());
    postgresql_operator rival(url);
    rival.execute("begin");
    rival.execute("select 1 from record for update");
    CHECK(store.commit(put("a", "2")).error == errc::unavailable);
    CHECK(store.db->health() == store_health::busy);
    rival.execute("rollback");
    env.run(until(&env.env(), [&] { return store.db->health() == store_health::usable; }));
    CHECK(store.read("a")->revision == revision{1});
    CHECK(store.commit(put("a", "2")).committed());
}

TEST_CASE("a server's process that falls silent is given up, and the commit goes over another connection") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    server_store store(env, url, milliseconds(200));
    REQUIRE(store.commit(put("a", "1")).committed());
    postgresql_operator rival(url);
    auto process = std::stoi(rival.execute(
        "select pid from pg_stat_activity where datname = current_database() and query = 'commit'"));
    REQUIRE(::kill(process, SIGSTOP) == 0);
    auto outcome = store.commit(put("a", "2"));
    ::kill(process, SIGCONT);
    CHECK(outcome.committed());
    CHECK(store.read("a")->revision == revision{2});
}

TEST_CASE("a change set that the server refuses fails alone") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    server_store store(env, postgresql_cluster::shared().new_database());
    std::string noise; // a key that no index can hold, as it cannot be compressed
    std::mt19937 random(1);
    while (noise.size() < 10'000)
        noise += static_cast<char>(random() & 0xff);
    std::vector<commit_outcome> outcomes;
    task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (const auto& key : {std::string("first"), std::string("a"), noise, std::string("b")})
        tasks.spawn(commit_into(store.db.get(), put(key, "1"), &outcomes));
    env.run(tasks.join());
    REQUIRE(outcomes.size() == 4);
    CHECK(outcomes[2].error == errc::too_large);
    for (auto i : {0U, 1U, 3U})
        CHECK(outcomes[i].committed());
    CHECK(store.read("a")->revision == revision{1});
    CHECK(store.db->health() == store_health::usable);
}
