#pragma once

#include "persistence/database.hpp"
#include "persistence/json.hpp"
#include "persistence/lifecycle/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/every_backend.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/postgresql_cluster.hpp"
#include "tests/support/temporary_folder.hpp"

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

using namespace persistence;

/// Every test of a whole store runs once for each kind that can run here.
#define EVERY_STORE GENERATE(from_range(rejoinder::tests::every_backend()))

/// Several stores of one environment, each in a place of its own, and calls that wait for their answers.
class lifecycle_house {
public:
    lifecycle_house() = default;
    lifecycle_house(const lifecycle_house&) = delete;
    lifecycle_house& operator=(const lifecycle_house&) = delete;
    ~lifecycle_house() {
        for (auto& [name, opened] : stores_)
            env.run(opened->close());
    }

    database& open(database_type type, const std::string& name = "store.db") {
        return open(options(type, name), name);
    }
    database& open(const database_options& where, const std::string& name) {
        UNSCOPED_INFO("database type: " << to_string(where.type));
        std::string why;
        auto opened = open_database(env, where, why);
        if (!opened) throw std::runtime_error(why);
        return *(stores_[name] = std::move(*opened));
    }
    void close(const std::string& name = "store.db") {
        env.run(stores_.at(name)->close());
        stores_.erase(name);
    }
    database_options options(database_type type, const std::string& name = "store.db") {
        database_options made;
        made.type = type;
        if (type == database_type::postgresql)
            made.location = server_place(name);
        else if (type != database_type::memory)
            made.location = place(name);
        return made;
    }
    /// The same for the same name.
    std::string server_place(const std::string& name) {
        env.wait_for_servers(seconds(20));
        auto& found = server_places_[name];
        if (found.empty()) found = parse_database_url(postgresql_cluster::shared().new_database())->location;
        return found;
    }
    std::string place(const std::string& name) const { return folder_.file(name); }
    const std::filesystem::path& folder() const noexcept { return folder_.path(); }

    void put_text(database& into, record_id id, std::string value,
                  std::optional<utc_time> expires = std::nullopt) {
        record_write write;
        write.id = std::move(id);
        write.value = std::move(value);
        write.expires = expires;
        change_set changes;
        changes.now = env.utc_now();
        changes.writes.push_back(std::move(write));
        auto outcome = env.run(into.commit(std::move(changes)));
        REQUIRE_FALSE(outcome.error);
    }
    void put(database& into, record_id id, const json& value,
             std::optional<utc_time> expires = std::nullopt) {
        put_text(into, std::move(id), to_text(value), expires);
    }

    /// A session with a log of `turns` turns, each of which shows one event with this text.
    session_row put_session(database& into, const session_row& like, int turns,
                            const std::string& said = "hello");

    result<record> read(database& from, record_id id) { return env.run(from.read(std::move(id))); }

    /// Erases somebody, without the compaction that makes an end of the bytes.
    void erase(database& from, const lifecycle::subject& who);

    lifecycle::store_digest digest(database& of) {
        auto found = env.run(lifecycle::digest_store(&of, {}, {}));
        REQUIRE(found);
        return *found;
    }

    manual_environment env;

private:
    temporary_folder folder_;
    std::map<std::string, std::string> server_places_;
    std::map<std::string, std::unique_ptr<database>> stores_;
};

/// A session's row as a server makes it.
session_row session_of(std::string id, std::string account = "acme", std::string person = "");

/// Valid records of every type, and two sessions with logs.
void fill(lifecycle_house& house, database& into);

} // namespace rejoinder::tests
