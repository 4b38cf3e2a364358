#include "persistence/stores/record_types.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/captured_errors.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

TEST_CASE("every type of records has a view of its own with the owner, the times and the value") {
    contract_store store(database_type::sqlite);
    change_set changes;
    changes.now = from_unix(1766400000123);
    for (const auto& type : record_types()) {
        auto write = put("a", R"({"type":")" + std::string(type.shape.type) + "\"}");
        write.id.type = type.shape.type;
        changes.writes.push_back(std::move(write));
    }
    changes.writes[0].expires = from_unix(1766400001000);
    REQUIRE(store.commit(changes).committed());
    raw_file file(store.location());
    for (const auto& type : record_types()) {
        std::string name(type.shape.type);
        CHECK(file.single("select json_extract(value, '$.type') from \"" + name + "\"") == name);
        CHECK(file.single("select account || loop || device || person || key || revision || created from \"" +
                          name + "\"") == "acmehomerobotanna12025-12-22T10:40:00.123Z");
    }
    auto first = std::string(record_types()[0].shape.type);
    CHECK(file.single("select expires from \"" + first + '"') == "2025-12-22T10:40:01.000Z");
}

TEST_CASE("sessions, turns, events and messages are rows") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(new_session("s1")).committed());
    auto row = *store.session("s1");
    auto change = turn_of(row, "t1", 2,
                          R"([{"seq":1,"kind":"say","turn":"t1","at":1766400000123,"data":{"text":"hi"}},)"
                          R"({"seq":2,"kind":"turn.done","at":1766400000124,"data":{}}])");
    change.append->at = from_unix(1766400000000);
    change.append->messages = R"([{"by":"user","text":"it's me","at":1766400000000},{"by":"machine"}])";
    REQUIRE(store.commit(change).committed());
    REQUIRE(store.commit(turn_of(row, "t2", 1, R"(["no event"])")).committed());
    REQUIRE(store.commit(turn_of(row, "t3", 1, "no JSON")).committed());

    raw_file file(store.location());
    CHECK(file.single("select id || machine || revision from sessions") == "s1greeter4");
    CHECK(file.single("select group_concat(turn, ' ') from turns where session = 's1'") == "t1 t2 t3");
    CHECK(file.single("select at from turns where turn = 't1'") == "2025-12-22T10:40:00.000Z");
    CHECK(file.single("select group_concat(seq || kind || coalesce(turn, '-') || at, ' ') from events") ==
          "1sayt12025-12-22T10:40:00.123Z 2turn.done-2025-12-22T10:40:00.124Z");
    CHECK(file.single("select json_extract(data, '$.text') from events where seq = 1") == "hi");
    CHECK(file.single("select text || turn from messages where by = 'user'") == "it's met1");
    CHECK(file.single("select count(*) from messages") == "2");
}

TEST_CASE("views of another program are replaced, and somebody's own stay") {
    contract_store store(database_type::sqlite);
    {
        raw_file file(store.location());
        file.execute("drop view sessions; create view sessions as select 1 as other; "
                     "create view of_old_times as select 1 as other; create view mine as select 2 as own; "
                     "update meta set value = 'other' where key = 'views'; "
                     "update meta set value = 'of_old_times' || char(10) where key = 'view_names'");
    }
    store.reopen();
    raw_file file(store.location());
    CHECK(file.single("select count(*) from sessions") == "0");
    CHECK(file.single("select own from mine") == "2");
    CHECK(file.single("select count(*) from sqlite_schema where name = 'of_old_times'") == "0");
}

TEST_CASE("a table in the way of a view is told and does not keep the store from being opened") {
    captured_errors errors;
    contract_store store(database_type::sqlite);
    raw_file(store.location())
        .execute("drop view sessions; create table sessions (mine text); "
                 "update meta set value = 'other' where key = 'views'");
    store.reopen();
    CHECK(errors.line().find("doing=make_views") != std::string::npos);
    CHECK(store.commit(put("a", "1")).committed());
    CHECK(raw_file(store.location()).single("select count(*) from sessions") == "0");
}
