#include "tests/persistence/contract/contract_store.hpp"

#include <functional>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

std::vector<std::string> awkward_texts() {
    return {"",
            "'; drop table record; --",
            "\"quoted\" and 'quoted'",
            "%_\\",
            "Grüße, 世界, 😀👩‍👩‍👧",
            "line\nbreak\ttab\r",
            std::string("nul\0inside", 10),
            "?1 :a $b @c"};
}

/// Every text that a session has but its id, which no two have in common.
std::vector<std::reference_wrapper<std::string>> texts_of(session_row& row) {
    return {row.account.text, row.loop,       row.device.text, row.person,  row.user,    row.machine,
            row.machine_hash, row.owner_node, row.state,       row.devices, row.metadata};
}

std::vector<std::reference_wrapper<std::string>> texts_of(log_entry& entry) {
    return {entry.turn.text, entry.device.text, entry.status, entry.digest,
            entry.input,     entry.outcome,     entry.events, entry.messages};
}

/// A session whose texts are all the same, with one turn whose texts are too.
session_row write_session(contract_store& store, const std::string& text) {
    auto change = new_session("session " + text);
    for (auto& each : texts_of(change.row))
        each.get() = text;
    auto row = change.row;
    row.revision = {1};
    auto created = store.commit(std::move(change));
    REQUIRE(created.committed());
    row.key = created.session;
    auto turn = turn_of(row, text, 1);
    for (auto& each : texts_of(*turn.append))
        each.get() = text;
    REQUIRE(store.commit(std::move(turn)).committed());
    return row;
}

} // namespace

TEST_CASE("every text of a record comes back byte for byte, whatever is in it") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto text = GENERATE(from_range(awkward_texts()));
    record_write write;
    write.id = {text, {text, text, text, text}, text};
    write.value = text;
    REQUIRE(store.commit(write).committed());
    auto found = store.read(write.id);
    REQUIRE(found);
    CHECK(found->id == write.id);
    CHECK(found->value == text);
    auto page = store.scan({text, write.id.scope, "", 10});
    REQUIRE(page.size() == 1);
    CHECK(page[0].id == write.id);
}

TEST_CASE("every text of a session and its log comes back byte for byte, whatever is in it") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto text = GENERATE(from_range(awkward_texts()));
    CAPTURE(text);
    auto row = write_session(store, text);
    store.reopen();
    auto found = store.session("session " + text);
    REQUIRE(found);
    CHECK(found->id.text == "session " + text);
    for (auto& each : texts_of(*found))
        CHECK(each.get() == text);
    auto log = store.env.run(store.db->read_history(row.key, {}, 10));
    REQUIRE(log);
    REQUIRE(log->size() == 1);
    for (auto& each : texts_of(log->front()))
        CHECK(each.get() == text);
    if (!text.empty()) CHECK(store.turn(row.key, text)); // the empty one is no turn
    CHECK(store.log(row.key, 0).size() == 1);
    auto walked = store.env.run(store.db->walk_sessions({}, 10));
    REQUIRE(walked);
    CHECK(walked->size() == 1);
}

TEST_CASE("a value of 1 MiB is kept and a larger one is refused without a trace") {
    contract_store store(EVERY_STORE_KIND);
    std::string largest(max_value_size, 'x');
    REQUIRE(store.commit(put("a", largest)).committed());
    CHECK(store.read(id_of("a"))->value == largest);
    change_set changes;
    changes.writes = {put("b", "1"), put("a", largest + "x")};
    CHECK(store.commit(changes).error == errc::too_large);
    CHECK_FALSE(store.read(id_of("b")));
    CHECK(store.read(id_of("a"))->revision == revision{1});

    auto session = new_session("s1");
    session.row.state = largest + "x";
    CHECK(store.commit(session).error == errc::too_large);
    CHECK_FALSE(store.session("s1"));
}

TEST_CASE("texts of 1 MiB of a session and its log are kept, and larger ones are refused without a trace") {
    contract_store store(EVERY_STORE_KIND);
    std::string largest(max_value_size, 'x');
    auto change = new_session("s1");
    change.row.state = change.row.devices = change.row.metadata = largest;
    REQUIRE(store.commit(change).committed());
    auto row = *store.session("s1");
    CHECK((row.state == largest && row.devices == largest && row.metadata == largest));
    auto turn = turn_of(row, "t1", 1);
    auto& entry = *turn.append;
    entry.input = entry.outcome = entry.events = entry.messages = largest;
    REQUIRE(store.commit(turn).committed());
    auto found = store.turn(row.key, "t1");
    REQUIRE(found);
    CHECK((found->input == largest && found->outcome == largest));
    CHECK((found->events == largest && found->messages == largest));

    auto before = row;
    auto larger = turn_of(row, "t2", 1);
    larger.append->messages = largest + 'x';
    CHECK(store.commit(larger).error == errc::too_large);
    CHECK(store.turn(row.key, "t2").error() == errc::not_found);
    CHECK(store.commit(turn_of(before, "t2", 1)).committed());
}
