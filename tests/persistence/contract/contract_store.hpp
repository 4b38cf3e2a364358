#pragma once

#include "persistence/database.hpp"
#include "persistence/encryption/keyring.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/every_backend.hpp"
#include "tests/support/faulty_database.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/postgresql_cluster.hpp"
#include "tests/support/temporary_folder.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Every test of the contract runs once for each kind of database that can run here; those about what sealing
/// touches, sizes and orders and moves of texts, also for a server's with keys. A server's database takes 50
/// s of the 240 that the contract took on two busy cores, most of it to be made: half a second for each.
#define EVERY_DATABASE_TYPE GENERATE(from_range(rejoinder::tests::usual_store_kinds()))
#define EVERY_STORE_KIND GENERATE(from_range(rejoinder::tests::every_store_kind()))

namespace rejoinder::tests {

using namespace persistence;

/// A type of database, with or without keys under which it seals its values, and answering as soon as it can
/// or later.
struct store_kind {
    store_kind(database_type of) : type(of) {}

    database_type type;
    std::shared_ptr<const encryption::keyring> keys;
    bool is_delayed = false;
};

inline std::string name_of(const store_kind& kind) {
    return std::string(to_string(kind.type)) + (kind.keys ? ", sealed" : "") +
           (kind.is_delayed ? ", delayed" : "");
}

inline store_kind sealed(database_type type) {
    store_kind kind(type);
    std::vector<encryption::named_key> keys{{"k1", secret(std::string(32, 'k'))}};
    kind.keys = std::make_shared<const encryption::keyring>(std::move(keys));
    return kind;
}

inline store_kind delayed(database_type type) {
    store_kind kind(type);
    kind.is_delayed = true;
    return kind;
}

/// Each of them as it is, and those that are quick also with keys; one that answers in the call's own thread
/// and one with threads also with delays.
inline std::vector<store_kind> usual_store_kinds() {
    std::vector<store_kind> kinds;
    for (auto type : every_backend()) {
        kinds.emplace_back(type);
        if (type != database_type::postgresql) kinds.push_back(sealed(type));
    }
    for (auto type : {database_type::memory, database_type::sqlite})
        kinds.push_back(delayed(type));
    return kinds;
}

inline std::vector<store_kind> every_store_kind() {
    auto kinds = usual_store_kinds();
    if (postgresql_cluster::is_available()) kinds.push_back(sealed(database_type::postgresql));
    return kinds;
}

/// A database of the wanted kind in a place of its own, with calls that wait for their answers.
class contract_store {
public:
    explicit contract_store(const store_kind& kind, std::size_t queue = 4096) {
        UNSCOPED_INFO("database type: " << name_of(kind));
        options_.type = kind.type;
        options_.keys = kind.keys;
        is_delayed_ = kind.is_delayed;
        options_.queues.commits = options_.queues.reads = queue;
        if (kind.type == database_type::postgresql) {
            options_.location = parse_database_url(postgresql_cluster::shared().new_database())->location;
            env.wait_for_servers(seconds(20));
        } else if (kind.type != database_type::memory) {
            options_.location = location();
        }
        open();
    }
    ~contract_store() {
        if (!closed_) env.run(db->close());
    }

    /// Closes the store and opens it again; one in memory stays, as it would be another one.
    void reopen() {
        if (options_.type == database_type::memory) return;
        env.run(db->close());
        db.reset();
        open();
    }

    bool is_sealed() const noexcept { return options_.keys != nullptr; }

    std::string location() const { return folder_.file("store.db"); }

    commit_outcome commit(change_set changes) { return env.run(db->commit(std::move(changes))); }

    commit_outcome commit(record_write write) {
        change_set changes;
        changes.now = env.utc_now();
        changes.writes.push_back(std::move(write));
        return commit(std::move(changes));
    }

    commit_outcome commit(session_change session) {
        change_set changes;
        changes.now = env.utc_now();
        changes.session = std::move(session);
        return commit(std::move(changes));
    }

    /// Submits them all at once and waits for all of them.
    void commit_all(std::vector<session_change> sessions) {
        task_group tasks(env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
        std::size_t committed = 0;
        for (auto& session : sessions)
            tasks.spawn(count_committed(*db, std::move(session), committed));
        env.run(tasks.join());
        REQUIRE(committed == sessions.size());
    }

    result<record> read(record_id id) { return env.run(db->read(std::move(id))); }
    result<session_row> session(std::string id) {
        return env.run(db->read_session(session_id{std::move(id)}));
    }

    std::vector<record> scan(scan_request request) {
        auto found = env.run(db->scan(std::move(request)));
        REQUIRE(found.has_value());
        return *found;
    }

    std::vector<log_entry> log(session_key key, std::uint64_t after, std::size_t max_events = 1000,
                               std::size_t max_bytes = 1 << 20) {
        auto found = env.run(db->read_log(key, after, max_events, max_bytes));
        REQUIRE(found.has_value());
        return *found;
    }

    std::vector<log_entry> latest(session_key key, std::size_t limit) {
        auto found = env.run(db->latest_turns(key, limit));
        REQUIRE(found.has_value());
        return *found;
    }

    result<log_entry> turn(session_key key, std::string id) {
        return env.run(db->find_turn(key, turn_id{std::move(id)}));
    }

    /// The test closed the database itself.
    void closed_already() noexcept { closed_ = true; }

    manual_environment env;

private:
    static task<> count_committed(database& db, session_change session, std::size_t& committed) {
        change_set changes;
        changes.session = std::move(session);
        auto committing = db.commit(std::move(changes));
        auto outcome = co_await std::move(committing);
        if (outcome.committed()) ++committed;
    }

    void open() {
        std::string why;
        auto opened = open_database(env, options_, why);
        if (!opened) throw std::runtime_error(why);
        db = std::move(*opened);
        if (!is_delayed_) return;
        auto slow = std::make_unique<faulty_database>(env, std::move(db));
        slow->delay_answers();
        db = std::move(slow);
    }

    temporary_folder folder_;
    database_options options_;
    bool is_delayed_ = false;
    bool closed_ = false;

public:
    std::unique_ptr<database> db;
};

inline record_id id_of(std::string key) {
    return {"note", {"acme", "home", "robot", "ann"}, std::move(key)};
}

inline record_write put(std::string key, std::string value, write_mode mode = write_mode::upsert,
                        revision expected = {}) {
    record_write write;
    write.id = id_of(std::move(key));
    write.value = std::move(value);
    write.mode = mode;
    write.expected = expected;
    return write;
}

inline record_write drop(std::string key, write_mode mode = write_mode::upsert, revision expected = {}) {
    auto write = put(std::move(key), "", mode, expected);
    write.value.reset();
    return write;
}

inline session_change new_session(std::string id) {
    session_change change;
    change.row.id = {std::move(id)};
    change.row.account = {"acme"};
    change.row.device = {"robot"};
    change.row.machine = "greeter";
    change.row.owner_generation = 1;
    change.row.expires = from_unix(4102444800000); // the year 2100
    change.row.state = "{}";
    return change;
}

/// The next commit of a session as its owner makes it: over what it wrote last.
inline session_change next_of(const session_row& row) {
    session_change change;
    change.row = row;
    change.expected = session_fence{row.owner_generation, row.revision};
    return change;
}

/// The commit of a turn that shows `events` events; the row moves along, as an owner's does once it is
/// committed.
inline session_change turn_of(session_row& row, std::string turn, std::uint64_t events,
                              std::string text = R"(["event"])") {
    auto expected = session_fence{row.owner_generation, row.revision};
    log_entry entry;
    entry.first = row.head + 1;
    entry.last = row.head + events;
    entry.turn = {std::move(turn)};
    entry.status = "done";
    entry.outcome = R"({"ok":true})";
    entry.events = events == 0 ? "[]" : std::move(text);
    row.head += events;
    row.log_bytes += entry.events.size();

    session_change change;
    change.row = row;
    change.expected = expected;
    change.append = std::move(entry);
    row.revision = row.revision.next();
    return change;
}

} // namespace rejoinder::tests
