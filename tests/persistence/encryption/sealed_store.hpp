#pragma once

#include "persistence/database.hpp"
#include "persistence/encryption/encrypted_database.hpp"
#include "persistence/encryption/keyring.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

namespace rejoinder::tests {

using namespace persistence;

/// Keys that follow from their ids.
inline std::shared_ptr<const encryption::keyring> ring_of(std::initializer_list<std::string> ids) {
    std::vector<encryption::named_key> keys;
    for (const auto& id : ids)
        keys.push_back({id, secret(std::string(32, id.back()))});
    return std::make_shared<const encryption::keyring>(std::move(keys));
}

/// A database in a place of its own that is opened and closed with these keys and those, and what stands in
/// it behind the encryption.
class sealed_store {
public:
    explicit sealed_store(database_type type) {
        options_.type = type;
        options_.location = folder_.file("store");
    }
    sealed_store(database_type type, std::initializer_list<std::string> keys) : sealed_store(type) {
        REQUIRE(open(keys).empty());
    }
    sealed_store(const sealed_store&) = delete;
    sealed_store& operator=(const sealed_store&) = delete;
    ~sealed_store() { close(); }

    /// Opens the store, or says why not.
    std::string open(std::initializer_list<std::string> keys) {
        return open(keys.size() == 0 ? nullptr : ring_of(keys));
    }
    std::string open(std::shared_ptr<const encryption::keyring> keys) {
        close();
        options_.keys = std::move(keys);
        std::string why;
        auto opened = open_database(env, options_, why);
        if (opened)
            db = std::move(*opened);
        else
            error = opened.error();
        return why;
    }

    void close() {
        if (db) env.run(db->close());
        db.reset();
    }

    std::string location() const { return options_.location; }
    const std::filesystem::path& folder() const { return folder_.path(); }

    /// What is on the disk, or would be.
    database& inner() { return dynamic_cast<encryption::encrypted_database&>(*db).inner(); }

    commit_outcome commit(change_set changes) { return env.run(db->commit(std::move(changes))); }

    void put(record_id id, std::string value) {
        change_set changes;
        changes.now = env.utc_now();
        auto& write = changes.writes.emplace_back();
        write.id = std::move(id);
        write.value = std::move(value);
        auto answer = commit(std::move(changes));
        REQUIRE(answer.committed());
    }

    result<record> read(record_id id) { return env.run(db->read(std::move(id))); }

    std::vector<record> walk() { return walk(*db); }
    std::vector<record> walk(database& in) {
        std::vector<record> all;
        std::optional<record_id> after;
        for (;;) {
            auto page = env.run(in.walk_records(after, 7));
            REQUIRE(page);
            if (page->empty()) return all;
            after = page->back().id;
            std::ranges::move(*page, std::back_inserter(all));
        }
    }

    /// A record as it stands behind the encryption.
    record stored(const std::string& type) {
        for (auto& one : walk(inner()))
            if (one.id.type == type) return one;
        FAIL("there is no record of type " << type);
        return {};
    }

    /// Puts something there as it is.
    void plant(transfer what) {
        auto answer = env.run(inner().transplant(std::move(what)));
        REQUIRE_FALSE(answer);
    }
    void plant(record one) {
        transfer what;
        what.records.push_back(std::move(one));
        plant(std::move(what));
    }

    manual_environment env;
    std::unique_ptr<database> db;
    error_code error; ///< of the last store that did not open

private:
    temporary_folder folder_;
    database_options options_;
};

inline record_id note(std::string key) {
    return {"note", {"acme", "home", "robot", "ann"}, std::move(key)};
}

/// A type whose keys hold what somebody said.
inline record_id item(std::string key) {
    return {"list_item", {"acme", "home", "", "ann"}, std::move(key)};
}

/// A session with everything that is sealed, in its row and in one turn.
inline session_row begin_session(sealed_store& store, const std::string& id, const std::string& text) {
    change_set changes;
    changes.now = store.env.utc_now();
    auto& change = changes.session.emplace();
    auto& row = change.row;
    row.id = {id};
    row.account = {"acme"};
    row.owner_generation = 1;
    row.expires = from_unix(4102444800000);
    row.state = row.devices = row.metadata = R"({"text":")" + text + R"("})";
    row.head = 1;
    auto& entry = change.append.emplace();
    entry.first = entry.last = 1;
    entry.turn = {"t1"};
    entry.input = entry.outcome = entry.events = entry.messages = R"([")" + text + R"("])";
    auto answer = store.commit(std::move(changes));
    REQUIRE(answer.committed());
    auto found = store.env.run(store.db->read_session({id}));
    REQUIRE(found);
    return *found;
}

/// The session's next turn, as its owner commits it.
inline commit_outcome next_turn(sealed_store& store, session_row& row, const std::string& text) {
    change_set changes;
    auto& change = changes.session.emplace();
    change.expected = session_fence{row.owner_generation, row.revision};
    auto& entry = change.append.emplace();
    entry.first = entry.last = ++row.head;
    entry.turn = {"t" + std::to_string(row.head)};
    entry.input = entry.outcome = entry.events = entry.messages = R"([")" + text + R"("])";
    row.state = R"({"text":")" + text + R"("})";
    change.row = row;
    auto outcome = store.commit(std::move(changes));
    if (outcome.committed()) row.revision = row.revision.next();
    return outcome;
}

} // namespace rejoinder::tests
