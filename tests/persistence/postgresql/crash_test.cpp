#include "tests/persistence/postgresql/server_store.hpp"

#include <signal.h>

#include <functional>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A server that is killed under a commit, with others behind it that share a transaction.
struct crash {
    real_environment env;
    postgresql_cluster cluster{postgresql_cluster::flushing::on};
    std::string url = cluster.new_database();
    postgresql_operator rival{url};
    server_store store{env, url, seconds(20)};
    std::vector<commit_outcome> outcomes{store.commit(put("a", "1"))};

    /// `is_there` asks the server whether a commit is where the server shall die.
    void commit_and_kill(const std::string& is_there, const std::function<void()>& last_words = {}) {
        task_group tasks(env.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
        bool goes_on = true;
        tasks.spawn(put_numbers(store.db.get(), &goes_on, &outcomes));
        env.run(until(&env.env(), [&] { return rival.execute(is_there) == "1"; }));
        goes_on = false;
        auto under_way = outcomes.size() + 1;
        for (auto behind : {under_way + 1, under_way + 2})
            tasks.spawn(commit_into(store.db.get(), put_number(behind), &outcomes));
        env.run(pass_time(&env.env(), milliseconds(1))); // they are queued
        if (last_words) last_words();
        cluster.end(SIGKILL);
        cluster.start();
        env.run(tasks.join());
        CHECK(outcomes.size() == under_way + 2);
    }

    void check() {
        for (const auto& each : outcomes)
            CHECK(each.committed());
        CHECK(store.read("a")->value == std::to_string(outcomes.size()));
        CHECK(store.read("a")->revision == revision{outcomes.size()});
        CHECK(store.db->health() == store_health::usable);
    }
};

} // namespace

TEST_CASE(
    "a commit that a server had written when it was killed is found to have happened, and happens once") {
    if (!postgresql_or_skip()) return;
    crash at;
    // What waits for a standby is in the log already.
    at.rival.execute("alter system set synchronous_standby_names = 'none'");
    at.rival.execute("select pg_reload_conf()");
    at.commit_and_kill("select count(*) from pg_stat_activity where wait_event = 'SyncRep'",
                       [&] { at.rival.execute("alter system reset synchronous_standby_names"); });
    at.check();
}

TEST_CASE("a commit that a server had not written when it was killed is repeated, and those behind it hold") {
    if (!postgresql_or_skip()) return;
    crash at;
    at.rival.execute(R"sql(
create function wait_for_rival() returns trigger language plpgsql as $$ begin
    perform pg_advisory_xact_lock(1);
    return null;
end $$;
create constraint trigger waiting after update on record deferrable initially deferred
    for each row execute function wait_for_rival();
select pg_advisory_lock(1);
)sql");
    at.commit_and_kill("select count(*) from pg_locks where locktype = 'advisory' and not granted");
    at.check();
}
