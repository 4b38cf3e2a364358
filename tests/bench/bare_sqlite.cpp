#include "tests/bench/bare_sqlite.hpp"

#include "persistence/sqlite/session_table.hpp"
#include "persistence/sqlite/store_file.hpp"

#include <sqlite3.h>

#include <atomic>
#include <memory>
#include <stdexcept>

namespace rejoinder::bench {
namespace {

using clock = std::chrono::steady_clock;
namespace sqlite = persistence::sqlite;

std::atomic<std::size_t> transactions = 0;

int count_one(void*) {
    ++transactions;
    return 0;
}

int watch(sqlite3* connection, char**, const sqlite3_api_routines*) {
    sqlite3_commit_hook(connection, count_one, nullptr);
    return SQLITE_OK;
}

void check(bool good, sqlite3* on) {
    if (!good) throw std::runtime_error(sqlite3_errmsg(on));
}

/// What the loop does.
class turn_tables {
public:
    virtual ~turn_tables() = default;
    virtual void begin() = 0;
    virtual void commit() = 0;
    virtual void create(std::size_t session) = 0;
    virtual void take_turn(std::size_t session, std::size_t number, const turn_texts& texts) = 0;
};

class least_tables final : public turn_tables {
public:
    explicit least_tables(const std::string& file) {
        sqlite3* opened = nullptr;
        sqlite3_open(file.c_str(), &opened);
        connection_.reset(opened);
        run("pragma journal_mode = wal");
        run("pragma synchronous = full");
        run("pragma cache_size = -65536");
        run("pragma wal_autocheckpoint = 8000");
        run("create table session (key integer primary key, id text, revision integer, state text, devices "
            "text)");
        run("create table log (position integer primary key, session integer, revision integer, turn text, "
            "number integer, at integer, status text, digest text, input text, outcome text, events text)");
        run("create unique index log_turn on log (session, turn)");
        begin_ = prepare("begin immediate");
        commit_ = prepare("commit");
        create_ = prepare("insert into session values (?1, ?2, 1, '', '')");
        move_ = prepare("update session set revision = ?2, state = ?3, devices = ?4 where key = ?1");
        append_ = prepare(
            "insert into log (session, revision, turn, number, at, status, digest, input, outcome, "
            "events) values (?1, ?2, ?3, ?2, 0, 'done', 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq', "
            "?4, ?5, ?6)");
    }

    void begin() override { step(begin_); }
    void commit() override { step(commit_); }

    void create(std::size_t session) override {
        auto id = "bench-" + std::to_string(session);
        bind(create_, 1, session);
        bind(create_, 2, id);
        step(create_);
    }

    void take_turn(std::size_t session, std::size_t number, const turn_texts& texts) override {
        bind(move_, 1, session);
        bind(move_, 2, number);
        bind(move_, 3, texts.state);
        bind(move_, 4, texts.devices);
        step(move_);
        auto turn = "turn-" + std::to_string(number);
        bind(append_, 1, session);
        bind(append_, 2, number);
        bind(append_, 3, turn);
        bind(append_, 4, texts.input);
        bind(append_, 5, texts.outcome);
        bind(append_, 6, texts.events);
        bind(append_, 7, texts.digest);
        step(append_);
    }

private:
    struct closer {
        void operator()(sqlite3* connection) const { sqlite3_close(connection); }
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    using statement = std::unique_ptr<sqlite3_stmt, closer>;

    void run(const char* sql) {
        check(sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK,
              connection_.get());
    }
    statement prepare(const char* sql) {
        sqlite3_stmt* made = nullptr;
        check(sqlite3_prepare_v2(connection_.get(), sql, -1, &made, nullptr) == SQLITE_OK, connection_.get());
        return statement(made);
    }
    void bind(statement& to, int at, std::size_t value) {
        sqlite3_bind_int64(to.get(), at, static_cast<sqlite3_int64>(value));
    }
    void bind(statement& to, int at, const std::string& text) {
        sqlite3_bind_text(to.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    }
    void step(statement& one) {
        check(sqlite3_step(one.get()) == SQLITE_DONE, connection_.get());
        sqlite3_reset(one.get());
    }

    std::unique_ptr<sqlite3, closer> connection_;
    statement begin_, commit_, create_, move_, append_;
};

/// A fresh store of ours, opened again without anything above its tables.
class store_tables final : public turn_tables {
public:
    /// A session's row is written at each turn whose number this divides.
    store_tables(const std::string& file, std::size_t row_each)
        : row_each_(row_each),
          connection_(open(file)),
          index_(*connection_),
          sessions_(*connection_, index_),
          begin_(*connection_, "begin immediate"),
          commit_(*connection_, "commit") {}

    void begin() override { begin_.execute(); }
    void commit() override { commit_.execute(); }
    void create(std::size_t session) override {
        sessions_.insert(row_of(session), {static_cast<std::int64_t>(session)}, sqlite::no_recent);
    }
    void take_turn(std::size_t session, std::size_t number, const turn_texts& texts) override {
        auto row = row_of(session);
        row.revision = {number};
        row.state = texts.state;
        row.devices = texts.devices;
        persistence::log_entry entry;
        entry.revision = row.revision;
        entry.first = entry.last = entry.number = number;
        entry.turn = {"turn-" + std::to_string(number)};
        entry.device = row.device;
        entry.status = "done";
        entry.digest = texts.digest;
        entry.input = texts.input;
        entry.outcome = texts.outcome;
        entry.events = texts.events;
        auto& recent = recent_.try_emplace(session, sqlite::no_recent).first->second;
        sqlite::session_table::standing before;
        before.key = {static_cast<std::int64_t>(session)};
        sessions_.append(before.key, entry, recent);
        if (number % row_each_ == 0) sessions_.update(row, std::nullopt, before, recent);
    }

private:
    static std::unique_ptr<sqlite::connection> open(const std::string& file) {
        tests::real_environment world;
        std::string why;
        auto options = persistence::parse_database_url("sqlite:" + file);
        auto opened = persistence::open_database(world.env(), *options, why);
        if (!opened) throw std::runtime_error(why);
        world.run((*opened)->close());
        return sqlite::connect(file);
    }
    static persistence::session_row row_of(std::size_t session) {
        persistence::session_row row;
        row.id = {"bench-" + std::to_string(session)};
        row.account = {"bench"};
        row.device = {"device-" + std::to_string(session)};
        row.machine = "parrot";
        return row;
    }

    std::size_t row_each_;
    std::unique_ptr<sqlite::connection> connection_;
    sqlite::log_index index_;
    sqlite::session_table sessions_;
    std::unordered_map<std::size_t, std::string> recent_;
    sqlite::statement begin_, commit_;
};

std::unique_ptr<turn_tables> make(bare_tables tables, const std::string& file) {
    if (tables == bare_tables::least) return std::make_unique<least_tables>(file);
    return std::make_unique<store_tables>(file, tables == bare_tables::lazy ? 16 : 1);
}

} // namespace

std::string_view to_string(bare_tables tables) noexcept {
    switch (tables) {
    case bare_tables::least:
        return "bare, least";
    case bare_tables::same:
        return "bare, same";
    case bare_tables::lazy:
        return "bare, lazy";
    }
    return "bare";
}

load_result run_bare_sqlite(bare_tables tables, const std::string& file, std::size_t sessions,
                            std::size_t turns_per_transaction, std::chrono::duration<double> how_long) {
    auto store = make(tables, file);
    store->begin();
    for (std::size_t i = 0; i < sessions; ++i)
        store->create(i + 1);
    store->commit();

    auto texts = sample_texts();
    load_result result;
    auto cpu = cpu_of_this_process();
    auto begun = clock::now();
    auto now = begun;
    while (now - begun < how_long) {
        store->begin();
        for (std::size_t i = 0; i < turns_per_transaction; ++i, ++result.commits)
            store->take_turn(result.commits % sessions + 1, result.commits / sessions + 2, texts);
        store->commit();
        now = clock::now();
    }
    auto count = static_cast<double>(result.commits);
    result.per_second = count / std::chrono::duration<double>(now - begun).count();
    result.cpu_us = (cpu_of_this_process() - cpu) * 1e6 / count;
    return result;
}

void count_sqlite_transactions() {
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch));
}

std::size_t sqlite_transactions() noexcept {
    return transactions;
}

} // namespace rejoinder::bench
