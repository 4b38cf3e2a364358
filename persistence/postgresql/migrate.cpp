#include "persistence/postgresql/migrate.hpp"

#include "persistence/hash.hpp"
#include "persistence/ids.hpp"
#include "persistence/log.hpp"
#include "persistence/postgresql/schema.hpp"

namespace rejoinder::persistence::postgresql {
namespace {

// Stores share one table of migrations: a module numbers its own steps.
constexpr std::string_view module_name = "store";

constexpr auto prepare_place = R"sql(
create table if not exists lease (name text primary key);
insert into lease values ('migration') on conflict do nothing;
create table if not exists migration (
    module           text not null,
    version          bigint not null,
    software_version text not null,
    applied_utc      bigint not null,
    checksum         text not null,
    primary key (module, version)
);
)sql";

const statement take_lease("select name from lease where name = 'migration' for update");
const statement
    applied("select version, checksum, software_version from migration where module = $1 order by version");
const statement note_step("insert into migration (module, version, software_version, applied_utc, checksum) "
                          "values ($1, $2, $3, $4, $5)");
const statement name_store("insert into meta (key, value) values ('incarnation', $1) on conflict do nothing");
const statement store_name("select value from meta where key = 'incarnation'");

std::vector<query> one(const statement& what, parameters with = {}) {
    std::vector<query> queries;
    queries.push_back({&what, std::move(with)});
    return queries;
}

/// Servers that start together create the same tables: the one that came later is refused, and tries again.
task<> make_place(connection* on) {
    constexpr int tries = 5;
    for (int tried = 1;; ++tried) {
        try {
            co_await on->execute(prepare_place);
            co_return;
        } catch (const failure& problem) {
            bool created_meanwhile = problem.may_pass() || problem.sqlstate() == "42P07";
            if (!created_meanwhile || tried == tries) throw;
        }
    }
}

/// Counts the steps that are applied, or says in `store` why they are none of this program's.
std::size_t inspect(const rows& found, std::span<const migration> steps, opened_store& store) {
    for (int row = 0; row < found.count(); ++row) {
        std::int64_t version = 0;
        std::string checksum;
        std::string software;
        found.read(row, version, checksum, software);
        auto at = static_cast<std::size_t>(row);
        if (at >= steps.size()) {
            store.problem = errc::newer_schema;
            store.why = "has schema version " + std::to_string(version) + ", written by rejoinder " +
                        software + ", and this program knows " + std::to_string(steps.size()) +
                        "; start the newer program";
        } else if (version != steps[at].version || checksum != sha256_hex(steps[at].sql)) {
            store.problem = errc::corrupt;
            store.why = "was made with a different schema step " + std::to_string(version) +
                        " than this program's; restore a backup or name another database";
        }
        if (store.problem != errc{}) return 0;
    }
    return static_cast<std::size_t>(found.count());
}

} // namespace

task<opened_store> migrate(environment* env, connection* on, std::span<const migration> steps) {
    co_await make_place(on);
    co_await on->execute("begin");
    co_await on->run(one(take_lease));
    auto known = co_await on->run(one(applied, parameters(module_name)));
    opened_store store;
    auto done = inspect(known[0], steps, store);
    if (store.problem != errc{}) {
        co_await on->execute("rollback");
        co_return store;
    }
    for (const auto& step : steps.subspan(done)) {
        co_await on->execute(std::string(step.sql));
        co_await on->run(
            one(note_step, parameters(module_name, step.version, std::string_view(REJOINDER_VERSION),
                                      env->utc_now(), sha256_hex(step.sql))));
        log::info("schema_migrated", {{"module", module_name}, {"version", step.version}});
    }
    co_await on->run(one(name_store, parameters(make_ulid(*env))));
    auto named = co_await on->run(one(store_name));
    co_await on->execute("commit");
    named[0].read(0, store.incarnation);
    co_return store;
}

} // namespace rejoinder::persistence::postgresql
