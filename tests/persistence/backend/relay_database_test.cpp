#include "persistence/backend/relay_database.hpp"

#include "persistence/memory/memory_database.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/further_loop.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <thread>

using namespace rejoinder;
using namespace rejoinder::persistence;
using namespace rejoinder::tests;

namespace {

change_set writing(const std::string& key, const std::string& value) {
    change_set changes;
    record_write write;
    write.id = {"note", {}, key};
    write.value = value;
    changes.writes.push_back(std::move(write));
    return changes;
}

struct seen {
    bool committed = false;
    std::string value;
    bool at_home = true; ///< every answer came on the loop that had asked
};

task<seen> write_and_read(database* store, std::string key) {
    auto home = std::this_thread::get_id();
    seen what;
    auto committing = store->commit(writing(key, "\"" + key + "\""));
    auto outcome = co_await std::move(committing);
    what.committed = outcome.committed();
    what.at_home = std::this_thread::get_id() == home;
    auto reading = store->read({"note", {}, key});
    auto found = co_await std::move(reading);
    if (found) what.value = found->value;
    what.at_home = what.at_home && std::this_thread::get_id() == home;
    co_return what;
}

} // namespace

TEST_CASE("a relay answers each loop on its own, from a database that lives on one of them") {
    real_environment here;
    further_loop there;
    auto store = *open_memory_database(here.env(), {});
    backend::relay_database relay(*store, here.env().get_executor());
    CHECK_FALSE(backend::serves_all_loops(*store));
    CHECK(relay.incarnation() == store->incarnation());

    auto ours = here.get(write_and_read(&relay, "ours"));
    CHECK(ours.committed);
    CHECK(ours.at_home);
    auto theirs =
        here.get(run_on<seen>(there.get_executor(), [&relay] { return write_and_read(&relay, "theirs"); }));
    CHECK(theirs.committed);
    CHECK(theirs.value == "\"theirs\"");
    CHECK(theirs.at_home);
    here.run(relay.close());
    CHECK(here.get(write_and_read(store.get(), "still open")).committed);
    here.run(store->close());
}

TEST_CASE("SQLite answers every loop by itself, and one that seals does not") {
    real_environment here;
    temporary_folder folder;
    database_options options;
    options.type = database_type::sqlite;
    std::string why;
    options.location = folder.file("plain.db");
    auto plain = *open_database(here.env(), options, why);
    CHECK(backend::serves_all_loops(*plain));
    options.location = folder.file("sealed.db");
    options.keys = sealed(database_type::sqlite).keys;
    auto secretive = *open_database(here.env(), options, why);
    CHECK_FALSE(backend::serves_all_loops(*secretive));
    here.run(plain->close());
    here.run(secretive->close());
}
