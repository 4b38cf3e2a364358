// What the program wrote before its present schema: stored files, not made by today's code.

#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/source_file.hpp"

#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::tests;

TEST_CASE("a store that the release before wrote is upgraded, and its session goes on where it was") {
    temporary_folder folder;
    auto path = folder.file("store.db");
    write_bytes(path, read_source_file("tests/persistence/sqlite/written_by_schema_2.db"));
    manual_environment env;
    std::string why;
    auto opened = open_database(env, {database_type::sqlite, path}, why);
    INFO(why);
    REQUIRE(opened);
    auto& db = **opened;
    CHECK(db.incarnation() == "01M8GRB0HR2D6SJM4K3KK8CG81"); // its clients' epochs stay good

    auto row = env.run(db.read_session({"01M8GRB0PWJ8AXFFV3ZN62C6TB"}));
    REQUIRE(row);
    CHECK(row->machine == "greeter");
    CHECK(row->head == 12);
    CHECK(row->revision == revision{5});
    CHECK(row->devices.find("chat-01M8GRB0PP4G13J3D5ZVFB75E5") != std::string::npos);
    auto history = env.run(db.read_history(row->key, {}, 100));
    REQUIRE(history);
    CHECK(history->size() == 5);
    CHECK(env.run(db.find_turn(row->key, {"01M8GRB0RA1JPMVD4VPW5RYJ4W"}))->last == 8);
    auto name = env.run(db.read({"user_data", {"local", "", "", ""}, "name"}));
    REQUIRE(name);
    CHECK(name->value == R"("Ada")");

    change_set next;
    next.now = env.utc_now();
    next.session = turn_of(*row, "the-next", 1);
    auto answer = env.run(db.commit(std::move(next)));
    CHECK(answer.committed());
    CHECK(env.run(db.read_session(row->id))->head == 13);
    env.run(db.close());
    CHECK(std::filesystem::exists(path + ".before-3")); // for whoever has to go back
}
