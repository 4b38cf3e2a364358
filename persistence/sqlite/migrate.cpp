#include "persistence/sqlite/migrate.hpp"

#include "persistence/hash.hpp"
#include "persistence/log.hpp"

namespace rejoinder::persistence::sqlite {
namespace {

// Stores share one table of migrations: a module numbers its own steps.
constexpr std::string_view module_name = "store";

constexpr auto create_table = R"sql(
create table if not exists migration (
    module           text not null,
    version          integer not null,
    software_version text not null,
    applied_utc      integer not null,
    checksum         text not null,
    primary key (module, version)
) strict, without rowid
)sql";

bool has_migrations(connection& on) {
    return on.single("select count(*) from sqlite_schema where type = 'table' and name = 'migration'") == "1";
}

schema_state refuse(errc problem, std::string why) {
    return {problem, 0, std::move(why)};
}

} // namespace

schema_state inspect_schema(connection& on, std::span<const migration> steps) {
    schema_state state;
    if (!has_migrations(on)) return state;

    statement query(on, "select version, checksum, software_version from migration where module = ?1 "
                        "order by version");
    auto rows = query.run(module_name);
    while (rows.next()) {
        int version = 0;
        std::string checksum;
        std::string software;
        rows.read(version, checksum, software);
        if (state.applied == steps.size())
            return refuse(errc::newer_schema, "has schema version " + std::to_string(version) +
                                                  ", written by rejoinder " + software +
                                                  ", and this program knows " + std::to_string(steps.size()) +
                                                  "; start the newer program");
        const auto& step = steps[state.applied];
        if (version != step.version || checksum != sha256_hex(step.sql))
            return refuse(errc::corrupt, "was made with a different schema step " + std::to_string(version) +
                                             " than this program's; restore a backup or name another file");
        ++state.applied;
    }
    return state;
}

void apply(connection& on, const migration& step, utc_time now) {
    on.let_edit_schema(true);
    try {
        on.execute("begin immediate");
        on.execute(create_table);
        on.execute(std::string(step.sql));
        statement record(on,
                         "insert into migration (module, version, software_version, applied_utc, checksum) "
                         "values (?1, ?2, ?3, ?4, ?5)");
        record.execute(module_name, step.version, std::string_view(REJOINDER_VERSION), now,
                       sha256_hex(step.sql));
        on.execute("commit");
        on.let_edit_schema(false);
    } catch (const failure&) {
        if (on.in_transaction()) on.execute("rollback");
        on.let_edit_schema(false);
        throw;
    }
    log::info("schema_migrated", {{"module", module_name}, {"version", step.version}});
}

} // namespace rejoinder::persistence::sqlite
