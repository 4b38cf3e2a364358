#include "persistence/sqlite/store_file.hpp"

#include "persistence/backend/descriptor.hpp"
#include "persistence/ids.hpp"
#include "persistence/log.hpp"
#include "persistence/sqlite/file_system.hpp"
#include "persistence/sqlite/meta.hpp"
#include "persistence/sqlite/schema.hpp"
#include "persistence/sqlite/views.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

namespace rejoinder::persistence::sqlite {
namespace {

struct setting {
    std::string_view name;
    std::string_view value; ///< as it is written
    std::string_view reads; ///< as SQLite answers when it is in force
};

constexpr std::array settings{
    // Nothing in the file may call functions on its own: a schema is data that somebody else may have
    // written.
    setting{"trusted_schema", "off", "0"},
    setting{"journal_mode", "wal", "wal"},
    // With less, a power cut loses commits that were reported: WAL alone only keeps the file intact.
    setting{"synchronous", "full", "2"},
    setting{"foreign_keys", "on", "1"},
    // Erased content is overwritten where the page is written anyway.
    setting{"secure_delete", "fast", "2"},
    // For the connection that migrates; who writes afterwards watches the log itself.
    setting{"wal_autocheckpoint", "8000", "8000"},
    // More than `log_bounds::most`, so that a log that begins anew is cut only after it was longer than that.
    setting{"journal_size_limit", "100663296", "100663296"},
    setting{"cache_size", "-65536", "-65536"},
    setting{"temp_store", "memory", "2"},
};

void configure(connection& on) {
    for (const auto& [name, value, reads] : settings) {
        on.execute("pragma " + std::string(name) + " = " + std::string(value));
        if (on.single("pragma " + std::string(name)) != reads)
            throw failure(SQLITE_ERROR, "SQLite does not accept " + std::string(name));
    }
}

/// A refusal to open, on its way to the one place that answers.
struct refusal {
    errc problem;
    std::string why;
};

/// Decides from what is inside whether the file is ours to open. Writes nothing.
std::size_t inspect(connection& on) {
    auto owner = on.single("pragma application_id");
    bool empty = on.single("select count(*) from sqlite_schema") == "0";
    if (owner != std::to_string(application_id) && !(owner == "0" && empty))
        throw refusal{errc::corrupt, "is a SQLite database of another program; name another file"};
    auto schema = inspect_schema(on, schema_steps());
    if (schema.problem != errc{}) throw refusal{schema.problem, std::move(schema.why)};
    return schema.applied;
}

std::string copy_before(const std::string& path, int step) {
    return path + ".before-" + std::to_string(step);
}

/// What was there before a migration stays beside the store, for whoever has to go back to the older program,
/// until it is compacted. What an interrupted start has left of one is made anew.
void back_up(connection& on, const std::string& path, std::size_t applied) {
    auto copy = copy_before(path, static_cast<int>(applied) + 1);
    std::error_code ignored;
    std::filesystem::remove(copy, ignored);
    statement(on, "vacuum into ?1").execute(copy);
    backend::descriptor written(::open(copy.c_str(), O_RDONLY | O_CLOEXEC));
    if (!written || ::fchmod(written.get(), 0600) != 0 || ::fsync(written.get()) != 0 || !flush_folder(copy))
        throw failure(SQLITE_IOERR, "the copy before the migration could not be written");
    log::info("store_backed_up", {{"file", copy}});
}

void migrate(connection& on, const std::string& path, std::size_t applied, utc_time now) {
    if (applied > 0 && applied < schema_steps().size()) back_up(on, path, applied);
    on.execute("pragma application_id = " + std::to_string(application_id));
    for (const auto& step : schema_steps().subspan(applied))
        apply(on, step, now);
}

store_file open(environment& env, const std::string& path, backend::store_lock lock) {
    store_file store{std::move(lock), path, {}, {}, identify(path), std::make_unique<connection>(path)};
    auto& on = *store.writer;
    auto applied = inspect(on);
    bool clean = applied == 0 || meta(on, "closed", "no") == "yes";
    if (!clean) {
        log::info("store_verified_after_unclean_end", {{"file", path}});
        verify(on);
    }
    configure(on);
    on.keep_up();
    migrate(on, path, applied, env.utc_now());
    store.schema = {static_cast<int>(applied), static_cast<int>(schema_steps().size())};
    refresh_views(on, path);
    store.incarnation = meta(on, "incarnation", {});
    if (store.incarnation.empty()) {
        store.incarnation = make_ulid(env);
        set_meta(on, "incarnation", store.incarnation);
    }
    set_meta(on, "closed", "no"); // until `mark_closed` says otherwise
    return store;
}

/// What a native error during opening means to the person who starts the program.
refusal explain(const failure& what) {
    switch (what.code() & 0xff) {
    case SQLITE_NOTADB:
        return {errc::corrupt, "is no SQLite database; name another file"};
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
        return {errc::corrupt, "is damaged and was left as it is; restore a backup, or move it away together "
                               "with its -wal file"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {errc::unavailable, "is in use by another program; stop that one first"};
    case SQLITE_FULL:
        return {errc::unavailable, "has no room to grow: the disk is full"};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return {errc::unwritable, "cannot be opened for writing; check its permissions and its folder's"};
    default:
        return {errc::unavailable, std::string("cannot be opened: ") + what.what()};
    }
}

} // namespace

std::unique_ptr<connection> connect(const std::string& path) {
    auto made = std::make_unique<connection>(path);
    configure(*made);
    return made;
}

void verify(connection& on) {
    if (on.single("pragma quick_check(1)") != "ok") throw failure(SQLITE_CORRUPT, "quick_check found damage");
}

std::unique_ptr<connection> connect_anew(const std::string& path) {
    {
        connection alone(path);
        alone.exclude_others();
        configure(alone);
        verify(alone);
        alone.empty_log();
    }
    auto made = connect(path);
    made->keep_up();
    return made;
}

result<store_file> open_store_file(environment& env, const std::string& location, std::string& why) {
    std::string path = location;
    try {
        auto place = prepare_place(location);
        path = std::move(place.path);
        if (place.problem != errc{}) throw refusal{place.problem, std::move(place.why)};
        return open(env, path, std::move(place.lock));
    } catch (const failure& native) {
        report(native, "open", path);
        auto refused = explain(native);
        why = "the database " + path + " " + refused.why;
        return refused.problem;
    } catch (const refusal& refused) {
        why = "the database " + path + " " + refused.why;
        return refused.problem;
    }
}

file_identity identify(const std::string& path) noexcept {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return {};
    return {found.st_dev, found.st_ino};
}

bool file_identity::is_elsewhere(const std::string& path) const noexcept {
    auto now = identify(path);
    return now != file_identity{} && now != *this;
}

/// A row that stays the same would not be written: SQLite leaves a page alone whose bytes do not change.
void try_writing(connection& on) {
    statement write(on, "insert into meta (key, value) values ('trials', '1') "
                        "on conflict (key) do update set value = cast(cast(value as integer) + 1 as text)");
    write.execute();
}

std::uint64_t size_on_disk(const std::string& path) {
    std::uint64_t sum = 0;
    auto add = [&](const std::string& file) {
        struct stat found{};
        if (::stat(file.c_str(), &found) == 0) sum += static_cast<std::uint64_t>(found.st_size);
    };
    for (const auto* part : {"", "-wal", "-shm"})
        add(path + part);
    for (const auto& step : schema_steps())
        add(copy_before(path, step.version));
    return sum;
}

void remove_old_copies(const std::string& path) {
    bool removed = false;
    for (const auto& step : schema_steps()) {
        std::error_code problem;
        removed = std::filesystem::remove(copy_before(path, step.version), problem) || removed;
        if (problem) throw failure(SQLITE_IOERR_DELETE, "a copy made before a migration cannot be removed");
    }
    if (removed && !flush_folder(path)) throw failure(SQLITE_IOERR_DIR_FSYNC, "the folder cannot be flushed");
}

void mark_closed(connection& on) {
    set_meta(on, "closed", "yes");
}

} // namespace rejoinder::persistence::sqlite
