#pragma once

#include "persistence/error.hpp"
#include "persistence/store_health.hpp"
#include "persistence/time.hpp"

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite's handles with C++ lifetimes. Nothing outside of this folder includes it.
namespace rejoinder::persistence::sqlite {

/// What SQLite refused to do. It stays inside of this folder: whoever runs a statement on behalf of a caller
/// catches it, logs it once and answers with `meaning`.
class failure final : public std::exception {
public:
    failure(int code, std::string text) : code_(code), text_(std::move(text)) {}

    const char* what() const noexcept override { return text_.c_str(); }
    int code() const noexcept { return code_; } ///< SQLite's extended result code
    errc meaning() const noexcept;              ///< for who asked for something
    store_health consequence() const noexcept;  ///< for the store, when a whole transaction failed

private:
    int code_;
    std::string text_;
};

/// Logs a failure as a warning and returns its meaning. `doing` says what was tried, `file` in which
/// database.
errc report(const failure& what, std::string_view doing, std::string_view file);

/// Where the log ahead of the file stands.
struct wal_position {
    int pages = 0;                ///< after the latest commit
    std::uint64_t generation = 0; ///< another one each time the log has begun anew

    friend bool operator==(const wal_position&, const wal_position&) = default;
};

/// How far the log is worked into the file.
struct wal_progress {
    int pages = 0; ///< of the log when this began
    int done = 0;  ///< of them are in the file, if not yet on the disk
};

/// One open database file. Used by one thread at a time.
class connection {
public:
    /// Opens an existing file for reading and writing. Until `keep_up` is called, closing leaves the file as
    /// it is, also when there is a log to be worked in: a store that is refused is not touched, and of one
    /// that is used the writer's connection alone decides.
    explicit connection(const std::string& path);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// From now on this connection works the log into the file when it is the last one to close, as SQLite
    /// usually does.
    void keep_up();

    /// Takes that back: what SQLite counts as worked in may be lost, and the log has it still.
    void leave_log() noexcept;

    /// To be called before anything else: nobody else has the file open as long as this connection has it,
    /// and SQLite makes itself a new index of the log, in which nothing of it counts as worked in. Throws
    /// `failure` here or when the file is used first, with SQLITE_BUSY, when somebody else has it open.
    void exclude_others();

    /// Whether SQL may change the schema's own table. Otherwise nothing can, by accident or design.
    void let_edit_schema(bool may);

    void execute(const std::string& sql);

    /// The first column of the first row as text; empty when there is no row.
    std::string single(std::string_view sql);

    /// Whether a transaction is open; after some errors SQLite has ended it by itself.
    bool in_transaction() const noexcept;

    /// Whether the file that is open is no longer the one at its path. SQLite does not notice by itself, and
    /// what is written then is gone with the process.
    bool has_moved() const noexcept;

    /// From now on the log is worked into the file by `checkpoint` alone: SQLite's own way keeps its failures
    /// to itself.
    void watch_log() noexcept;

    /// Where the log stands after this connection's latest commit. Throws `failure`.
    wal_position log() const;

    /// Works into the file what no reader of the log needs any more; nothing when somebody is in the way.
    /// What is done then is on the disk only if it is all of the log.
    wal_progress checkpoint();

    /// Waits until the file is on the disk. Of what another connection has written only one flush may tell
    /// that it got lost.
    void flush();

    /// Works the whole log into the file and leaves it empty; nobody else may be reading from it.
    void empty_log();

    /// Writes the file anew, without what was removed. Uses as much room beside it, in a file of the system's
    /// temporary folder, as memory would not do.
    void rewrite();

    sqlite3* native() const noexcept { return handle_.get(); }

private:
    struct closer {
        void operator()(sqlite3* handle) const noexcept;
    };
    int log_pages_ = 0;
    std::unique_ptr<sqlite3, closer> handle_;
};

/// The rows of one execution. Ends the execution when it is destroyed; the values that were bound must live
/// until then.
class cursor {
public:
    explicit cursor(sqlite3_stmt* statement) noexcept : statement_(statement) {}
    cursor(const cursor&) = delete;
    cursor& operator=(const cursor&) = delete;
    cursor(cursor&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    ~cursor();

    /// Moves to the next row; false behind the last one.
    bool next();

    /// Takes the row's columns in their order.
    template <class... Fields>
    void read(Fields&... fields) {
        int column = 0;
        (get(column++, fields), ...);
    }

private:
    void get(int column, std::string& field);
    void get(int column, std::int64_t& field);
    void get(int column, std::uint64_t& field);
    void get(int column, int& field);
    void get(int column, utc_time& field);
    void get(int column, std::optional<utc_time>& field);

    sqlite3_stmt* statement_;
};

/// A prepared statement, compiled once and run often. The connection must outlive it.
class statement {
public:
    statement(const connection& on, std::string_view sql);

    /// Begins an execution with values for the parameters ?1, ?2 and so on.
    template <class... Values>
    [[nodiscard]] cursor run(const Values&... values) {
        int parameter = 0;
        (bind(++parameter, values), ...);
        return cursor(handle_.get());
    }

    /// Runs a statement that returns no rows.
    template <class... Values>
    void execute(const Values&... values) {
        auto rows = run(values...);
        while (rows.next()) {
        }
    }

private:
    void bind(int parameter, std::string_view value);
    void bind(int parameter, std::int64_t value);
    void bind(int parameter, std::uint64_t value);
    void bind(int parameter, int value);
    void bind(int parameter, utc_time value);
    void bind(int parameter, std::optional<utc_time> value);

    struct finalizer {
        void operator()(sqlite3_stmt* handle) const noexcept;
    };
    std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

} // namespace rejoinder::persistence::sqlite
