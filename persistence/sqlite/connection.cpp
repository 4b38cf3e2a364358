#include "persistence/sqlite/connection.hpp"

#include "persistence/log.hpp"
#include "persistence/sqlite/log_writes.hpp"
#include "persistence/sqlite/page_cache.hpp"

#include <sqlite3.h>

namespace rejoinder::persistence::sqlite {
namespace {

[[noreturn]] void fail(sqlite3* handle, int code) {
    throw failure(code, handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
}

void check(sqlite3_stmt* statement, int code) {
    if (code != SQLITE_OK) fail(sqlite3_db_handle(statement), code);
}

/// The log's file, which is open since the connection has read for the first time.
sqlite3_file* log_file(sqlite3* handle) {
    sqlite3_file* log = nullptr;
    int code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
    if (code != SQLITE_OK || !log || !log->pMethods) throw failure(SQLITE_IOERR, "the log is not open");
    return log;
}

/// SQLite cuts an emptied log off and leaves it to the disk when that is so: what was in it could be back
/// after a loss of power.
void flush_log(sqlite3* handle) {
    auto* log = log_file(handle);
    int code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    if (code != SQLITE_OK) throw failure(code, "the emptied log could not be flushed");
}

/// A switch of the connection that has no SQL of its own.
void set_option(sqlite3* handle, int option, int value) {
    int now = -1;
    int code = sqlite3_db_config(handle, option, value, &now);
    if (code != SQLITE_OK) fail(handle, code);
    if (now != value) throw failure(SQLITE_ERROR, "SQLite does not accept a setting of the connection");
}

} // namespace

errc failure::meaning() const noexcept {
    switch (code_ & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return errc::corrupt;
    case SQLITE_TOOBIG:
        return errc::too_large;
    default:
        return errc::unavailable;
    }
}

store_health failure::consequence() const noexcept {
    if (code_ == SQLITE_READONLY_DBMOVED) return store_health::lost;
    switch (code_ & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
        return store_health::busy;
    case SQLITE_FULL:
        return store_health::full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return store_health::read_only;
    default:
        return store_health::lost;
    }
}

errc report(const failure& what, std::string_view doing, std::string_view file) {
    log::warning("sqlite_failed",
                 {{"doing", doing}, {"code", what.code()}, {"text", what.what()}, {"file", file}});
    return what.meaning();
}

connection::connection(const std::string& path) {
    lighten_page_cache();
    sqlite3* handle = nullptr;
    // Without a mutex of its own: a connection belongs to one thread at a time.
    int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                               gathering_layer());
    handle_.reset(handle);
    if (code != SQLITE_OK) fail(handle, code);
    sqlite3_extended_result_codes(handle, 1);
    // Another program (a person's shell) may hold the file for a moment.
    sqlite3_busy_timeout(handle, 2000);
    set_option(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
    let_edit_schema(false);
    set_option(handle, SQLITE_DBCONFIG_DQS_DML, 0);
    set_option(handle, SQLITE_DBCONFIG_DQS_DDL, 0);
}

void connection::keep_up() {
    set_option(native(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0);
}

void connection::leave_log() noexcept {
    sqlite3_db_config(native(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void connection::exclude_others() {
    if (single("pragma locking_mode = exclusive") != "exclusive")
        throw failure(SQLITE_ERROR, "SQLite does not keep others from the file");
}

void connection::let_edit_schema(bool may) {
    set_option(native(), SQLITE_DBCONFIG_DEFENSIVE, may ? 0 : 1);
}

void connection::execute(const std::string& sql) {
    int code = sqlite3_exec(native(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(native(), code);
}

std::string connection::single(std::string_view sql) {
    statement query(*this, sql);
    auto rows = query.run();
    std::string value;
    if (rows.next()) rows.read(value);
    return value;
}

bool connection::in_transaction() const noexcept {
    return sqlite3_get_autocommit(native()) == 0;
}

bool connection::has_moved() const noexcept {
    int moved = 0;
    return sqlite3_file_control(native(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

void connection::watch_log() noexcept {
    auto note = [](void* self, sqlite3*, const char*, int pages) {
        static_cast<connection*>(self)->log_pages_ = pages;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(native(), note, this);
}

wal_position connection::log() const {
    wal_position stands{log_pages_, 0};
    auto* log = log_file(native());
    // Two numbers in the log's header, the first of which is one more each time, the second by chance.
    int code = log->pMethods->xRead(log, &stands.generation, sizeof stands.generation, 16);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) throw failure(code, "the log cannot be read");
    return stands;
}

wal_progress connection::checkpoint() {
    wal_progress made;
    int code =
        sqlite3_wal_checkpoint_v2(native(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &made.pages, &made.done);
    // Another program does the same, or the writer's commit is just changing what this was to begin with.
    if ((code & 0xff) == SQLITE_BUSY) return {};
    if (code != SQLITE_OK) fail(native(), code);
    return made;
}

void connection::flush() {
    sqlite3_file* file = nullptr;
    int code = sqlite3_file_control(native(), "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
    if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    if (code != SQLITE_OK) throw failure(code, "the file could not be flushed");
}

void connection::empty_log() {
    if (single("pragma wal_checkpoint(truncate)") != "0")
        throw failure(SQLITE_BUSY, "another program keeps the log from being worked in");
    log_pages_ = 0;
    flush_log(native());
}

void connection::rewrite() {
    execute("pragma temp_store = file");
    int code = sqlite3_exec(native(), "vacuum", nullptr, nullptr, nullptr);
    failure broken(code, sqlite3_errmsg(native()));
    execute("pragma temp_store = memory");
    if (code != SQLITE_OK) throw broken;
}

void connection::closer::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

statement::statement(const connection& on, std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    int code = sqlite3_prepare_v3(on.native(), sql.data(), static_cast<int>(sql.size()),
                                  SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) fail(on.native(), code);
}

void statement::finalizer::operator()(sqlite3_stmt* handle) const noexcept {
    sqlite3_finalize(handle);
}

void statement::bind(int parameter, std::string_view value) {
    // SQLite takes a text without an address for NULL.
    const char* text = value.data() ? value.data() : "";
    check(handle_.get(),
          sqlite3_bind_text64(handle_.get(), parameter, text, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void statement::bind(int parameter, std::int64_t value) {
    check(handle_.get(), sqlite3_bind_int64(handle_.get(), parameter, value));
}

void statement::bind(int parameter, std::uint64_t value) {
    bind(parameter, static_cast<std::int64_t>(value));
}
void statement::bind(int parameter, int value) {
    bind(parameter, static_cast<std::int64_t>(value));
}
void statement::bind(int parameter, utc_time value) {
    bind(parameter, to_unix(value));
}

void statement::bind(int parameter, std::optional<utc_time> value) {
    if (value)
        bind(parameter, *value);
    else
        check(handle_.get(), sqlite3_bind_null(handle_.get(), parameter));
}

cursor::~cursor() {
    sqlite3_reset(statement_);
}

bool cursor::next() {
    int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) fail(sqlite3_db_handle(statement_), code);
    return false;
}

void cursor::get(int column, std::string& field) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (!text && sqlite3_column_type(statement_, column) != SQLITE_NULL)
        throw failure(SQLITE_NOMEM, "no memory for a text");
    field.assign(text ? text : "", static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

void cursor::get(int column, std::int64_t& field) {
    field = sqlite3_column_int64(statement_, column);
}

void cursor::get(int column, std::uint64_t& field) {
    field = static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}

void cursor::get(int column, int& field) {
    field = sqlite3_column_int(statement_, column);
}

void cursor::get(int column, utc_time& field) {
    field = from_unix(sqlite3_column_int64(statement_, column));
}

void cursor::get(int column, std::optional<utc_time>& field) {
    field.reset();
    if (sqlite3_column_type(statement_, column) != SQLITE_NULL)
        field = from_unix(sqlite3_column_int64(statement_, column));
}

} // namespace rejoinder::persistence::sqlite
