#include "persistence/postgresql/migrate.hpp"

#include "persistence/hash.hpp"
#include "persistence/ids.hpp"
#include "persistence/log.hpp"
#include "persistence/postgresql/contention.hpp"
#include "persistence/postgresql/schema.hpp"

#include <optional>

namespace rejoinder::persistence::postgresql {
namespace {

// Stores share one table of migrations: a module numbers its own steps.
constexpr std::string_view module_name = "store";

constexpr auto make_place = R"sql(
create table if not exists lease (name text primary key, taken bigint not null);
insert into lease values ('migration', 0) on conflict do nothing;
create table if not exists migration (
    module           text not null,
    version          bigint not null,
    software_version text not null,
    applied_utc      bigint not null,
    checksum         text not null,
    primary key (module, version)
);
)sql";

const statement known_place("select table_name::text from information_schema.tables "
                            "where table_schema = current_schema() and table_name in ('lease', 'migration')");
// The row is changed and not only locked: under the stricter isolations whoever waited for it is refused
// then, instead of going on with what it saw before.
const statement take_lease("update lease set taken = taken + 1 where name = 'migration'");
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

/// Whether others who start at the same moment explain a refusal. A table is created under several unique
/// names, its own and those of its type and its indexes: whoever comes second is refused by whichever of them
/// it meets, in words of its own (42P07 a table, 42710 a type) or in those of the catalogue's index (23505).
/// `if not exists` looks before all of that and helps only later.
bool may_be_of_others(const failure& problem) {
    return problem.may_pass() || problem.sqlstate() == "42P07" || problem.sqlstate() == "42710";
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

/// Nothing is created where all is there: a program without the right to do so can use the store.
task<> prepare_place(connection* on) {
    auto known = co_await on->run(one(known_place));
    if (known[0].count() < 2) co_await on->execute(make_place);
}

task<opened_store> migrate_once(environment* env, connection* on, std::span<const migration> steps) {
    co_await prepare_place(on);
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
        parameters noted(module_name, step.version, std::string_view(REJOINDER_VERSION), env->utc_now(),
                         sha256_hex(step.sql));
        co_await on->run(one(note_step, std::move(noted)));
    }
    co_await on->run(one(name_store, parameters(make_ulid(*env))));
    auto named = co_await on->run(one(store_name));
    co_await on->execute("commit");
    for (const auto& step : steps.subspan(done))
        log::info("schema_migrated", {{"module", module_name}, {"version", step.version}});
    named[0].read(0, store.incarnation);
    store.schema = {static_cast<int>(done), static_cast<int>(steps.size())};
    co_return store;
}

} // namespace

task<opened_store> migrate(environment* env, connection* on, std::span<const migration> steps,
                           milliseconds patience) {
    contention rivals(*env, patience);
    for (;;) {
        std::optional<failure> problem;
        try {
            auto store = co_await migrate_once(env, on, steps);
            co_return store;
        } catch (const failure& refusal) {
            if (!may_be_of_others(refusal)) throw;
            problem = refusal;
        }
        co_await on->execute("rollback");
        bool is_time = co_await rivals.again();
        if (!is_time) throw *problem;
    }
}

} // namespace rejoinder::persistence::postgresql
