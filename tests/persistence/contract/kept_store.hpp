#pragma once

#include "tests/persistence/contract/contract_store.hpp"

#include <map>
#include <set>

namespace rejoinder::tests {

/// A store that meets faults of its disk, and what it has reported: that is all there, whatever happens.
class kept_store {
public:
    /// Its thread answers in real time, and no alarm of the store may overtake it: what a full disk has
    /// refused is tried again by itself.
    kept_store(database_type type, std::string place) : options_{type, std::move(place)} {
        env.wait_for_servers(seconds(20));
    }
    kept_store(const kept_store&) = delete;
    kept_store& operator=(const kept_store&) = delete;
    ~kept_store() { close(); }

    error_code open() {
        why.clear();
        auto opened = open_database(env, options_, why);
        if (!opened) return opened.error();
        db = std::move(*opened);
        return {};
    }

    void close() {
        if (!db) return;
        env.run(db->close());
        db.reset();
    }

    error_code write(const std::string& key, const std::string& value) {
        change_set changes;
        changes.writes = {put(key, value)};
        auto outcome = env.run(db->commit(std::move(changes)));
        if (outcome.committed())
            possible[key] = {value};
        else if (outcome.error == errc::unknown_outcome)
            possible.try_emplace(key, std::set<std::string>{std::string()}).first->second.insert(value);
        return outcome.error;
    }

    error_code compact() { return env.run(db->compact()); }
    error_code back_up(const std::string& place) { return env.run(db->back_up(place)); }

    /// Waits for what the store does by itself.
    bool is_well_again() {
        return env.pass_time_until([this] { return db->health() == store_health::usable; });
    }

    /// Everything that was reported is there, and nothing else. What is read is true from now on.
    void check() {
        auto standing = read_all();
        for (auto& [key, values] : possible) {
            INFO("key " << key);
            auto& value = standing[key]; // absent: empty
            CHECK(values.contains(value));
            values = {value};
        }
        CHECK(standing.size() == possible.size());
    }

    manual_environment env;
    std::unique_ptr<database> db;
    std::string why;
    std::map<std::string, std::set<std::string>> possible; ///< values of a key; empty: that there is none

private:
    std::map<std::string, std::string> read_all() {
        std::map<std::string, std::string> all;
        for (;;) {
            auto last = all.empty() ? std::string() : all.rbegin()->first;
            auto found = env.run(db->scan({"note", id_of("").scope, last, 1000}));
            REQUIRE(found.has_value());
            if (found->empty()) return all;
            for (const auto& one : *found)
                all[one.id.key] = one.value;
        }
    }

    database_options options_;
};

/// Something of that length that is its own.
inline std::string long_value(std::size_t length, int number) {
    auto text = std::to_string(number);
    return text + std::string(std::max(length, text.size()) - text.size(), 'x');
}

} // namespace rejoinder::tests
