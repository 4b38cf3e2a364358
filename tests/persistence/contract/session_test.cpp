#include "tests/persistence/contract/contract_store.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

session_row created(contract_store& store, const std::string& id) {
    auto outcome = store.commit(new_session(id));
    REQUIRE(outcome.committed());
    auto row = store.session(id);
    REQUIRE(row);
    CHECK(row->key == outcome.session);
    return *row;
}

std::vector<std::string> turns_of(const std::vector<log_entry>& entries) {
    std::vector<std::string> turns;
    for (const auto& entry : entries)
        turns.push_back(entry.turn.text);
    return turns;
}

} // namespace

TEST_CASE("a session's row comes back with every member as it was written") {
    contract_store store(EVERY_STORE_KIND);
    auto change = new_session("s1");
    auto& row = change.row;
    row.loop = "home";
    row.person = "O'Hara 😀";
    row.user = "ann";
    row.machine_version = 3;
    row.machine_hash = "abc";
    row.resets = 2;
    row.head = 41;
    row.floor = 17;
    row.log_bytes = 1234;
    row.owner_node = "a1";
    row.owner_generation = 5;
    row.attach_generation = 6;
    row.created = from_unix(1000);
    row.last_seen = from_unix(2000);
    row.state = R"({"value":"asking"})";
    row.devices = R"({"robot":{"number":7}})";
    row.metadata = "[1]";
    auto outcome = store.commit(change);
    REQUIRE(outcome.committed());

    auto found = store.session("s1");
    REQUIRE(found);
    CHECK(found->key == outcome.session);
    CHECK(found->key != session_key{});
    CHECK(found->id.text == "s1");
    CHECK(found->account.text == "acme");
    CHECK(found->loop == "home");
    CHECK(found->device.text == "robot");
    CHECK(found->person == row.person);
    CHECK(found->user == "ann");
    CHECK(found->machine == "greeter");
    CHECK(found->machine_version == 3);
    CHECK(found->machine_hash == "abc");
    CHECK(found->revision == revision{1});
    CHECK(found->resets == 2);
    CHECK(found->head == 41);
    CHECK(found->floor == 17);
    CHECK(found->log_bytes == 1234);
    CHECK(found->owner_node == "a1");
    CHECK(found->owner_generation == 5);
    CHECK(found->attach_generation == 6);
    CHECK(found->created == from_unix(1000));
    CHECK(found->last_seen == from_unix(2000));
    CHECK(found->expires == row.expires);
    CHECK_FALSE(found->closed);
    CHECK(found->state == row.state);
    CHECK(found->devices == row.devices);
    CHECK(found->metadata == "[1]");

    auto ending = next_of(*found);
    ending.row.closed = from_unix(3000);
    ending.row.state = "{}";
    REQUIRE(store.commit(ending).committed());
    found = store.session("s1");
    REQUIRE(found);
    CHECK(found->closed == from_unix(3000));
    CHECK(found->state == "{}");
    CHECK(found->revision == revision{2});
}

TEST_CASE("an entry of the log comes back with every member as it was written") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    auto change = turn_of(row, "t1", 2, R"(["a","b"])");
    auto& entry = *change.append;
    entry.at = from_unix(5000);
    entry.device = {"robot"};
    entry.number = 9;
    entry.status = "failed";
    entry.digest = "d1";
    entry.input = R"({"text":"it's 😀"})";
    entry.messages = "[{}]";
    REQUIRE(store.commit(change).committed());

    auto found = store.turn(row.key, "t1");
    REQUIRE(found);
    CHECK(found->revision == revision{2});
    CHECK(found->first == 1);
    CHECK(found->last == 2);
    CHECK(found->at == from_unix(5000));
    CHECK(found->turn.text == "t1");
    CHECK(found->device.text == "robot");
    CHECK(found->number == 9);
    CHECK(found->status == "failed");
    CHECK(found->digest == "d1");
    CHECK(found->input == entry.input);
    CHECK(found->outcome == entry.outcome);
    CHECK(found->events == R"(["a","b"])");
    CHECK(found->messages == "[{}]");
}

TEST_CASE("a session id is created once") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto first = created(store, "s1");
    auto again = store.commit(new_session("s1"));
    CHECK(again.error == errc::conflict);
    CHECK(again.current == revision{1});
    CHECK(again.session == first.key);
    auto second = created(store, "s2");
    CHECK(second.key != first.key);
    CHECK(store.session("s3").error() == errc::not_found);
}

TEST_CASE("P5: an owner whose revision is stale gets a conflict, and nothing of its turn is written") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    auto stale = row;
    REQUIRE(store.commit(turn_of(row, "t1", 1)).committed());
    auto outcome = store.commit(turn_of(stale, "t2", 1));
    CHECK(outcome.error == errc::conflict);
    CHECK(outcome.current == revision{2});
    CHECK(outcome.conflicting_write == 0);
    CHECK(store.turn(row.key, "t2").error() == errc::not_found);
    CHECK(store.session("s1")->head == 1);
}

TEST_CASE("P5: an owner that was taken over is fenced, even where its revision would match") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto old_owner = created(store, "s1");
    auto takeover = next_of(old_owner);
    takeover.row.owner_generation = 2;
    REQUIRE(store.commit(takeover).committed());

    CHECK(store.commit(turn_of(old_owner, "t1", 1)).error == errc::fenced);
    auto change = next_of(old_owner);
    change.expected = session_fence{1, {2}};
    CHECK(store.commit(change).error == errc::fenced);
    CHECK(store.session("s1")->owner_generation == 2);
}

TEST_CASE("a session that was never created cannot be changed") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    row.key.value += 100;
    CHECK(store.commit(next_of(row)).error == errc::not_found);
}

TEST_CASE("a session past its life counts as unknown") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto change = new_session("s1");
    change.row.expires = store.env.utc_now() + seconds(10);
    REQUIRE(store.commit(change).committed());
    store.env.advance(seconds(9));
    CHECK(store.session("s1"));
    store.env.advance(seconds(1));
    CHECK(store.session("s1").error() == errc::not_found);
}

TEST_CASE("a turn id that the session has already is a duplicate, and another session may use it") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    auto other = created(store, "s2");
    REQUIRE(store.commit(turn_of(row, "t1", 1)).committed());
    auto before = row;
    change_set changes;
    changes.session = turn_of(row, "t1", 1);
    changes.writes = {put("a", "1")};
    CHECK(store.commit(changes).error == errc::duplicate_turn);
    CHECK_FALSE(store.read(id_of("a")));
    CHECK(store.session("s1")->revision == before.revision);
    CHECK(store.commit(turn_of(before, "t2", 1)).committed());
    CHECK(store.commit(turn_of(other, "t1", 1)).committed());
}

TEST_CASE("commits without a turn share the empty turn id") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    CHECK(store.commit(turn_of(row, "", 1)).committed());
    CHECK(store.commit(turn_of(row, "", 1)).committed());
    CHECK(store.log(row.key, 0).size() == 2);
    CHECK(store.turn(row.key, "").error() == errc::not_found);
}

TEST_CASE("a log is read above a position, oldest first, without entries that hold no events") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    auto other = created(store, "s2");
    for (const auto& [turn, events] : std::vector<std::pair<std::string, std::uint64_t>>{
             {"t1", 2}, {"t2", 0}, {"t3", 3}, {"t4", 1}, {"t5", 0}})
        REQUIRE(store.commit(turn_of(row, turn, events)).committed());
    REQUIRE(store.commit(turn_of(other, "x1", 9)).committed());

    CHECK(turns_of(store.log(row.key, 0)) == std::vector<std::string>{"t1", "t3", "t4"});
    CHECK(turns_of(store.log(row.key, 1)) == std::vector<std::string>{"t1", "t3", "t4"});
    CHECK(turns_of(store.log(row.key, 2)) == std::vector<std::string>{"t3", "t4"});
    CHECK(turns_of(store.log(row.key, 5)) == std::vector<std::string>{"t4"});
    CHECK(store.log(row.key, 6).empty());
    CHECK(store.log({row.key.value + 100}, 0).empty());
}

TEST_CASE("a read of the log stops at its bounds but returns at least one entry") {
    contract_store store(EVERY_STORE_KIND);
    auto row = created(store, "s1");
    std::string ten_bytes = R"(["123456"])";
    for (const auto* turn : {"t1", "t2", "t3", "t4"})
        REQUIRE(store.commit(turn_of(row, turn, 2, ten_bytes)).committed());
    CHECK(store.log(row.key, 0, 4).size() == 2);
    CHECK(store.log(row.key, 0, 5).size() == 2);
    CHECK(store.log(row.key, 1, 3).size() == 2); // one event of t1 and both of t2
    CHECK(store.log(row.key, 0, 1).size() == 1);
    CHECK(store.log(row.key, 0, 0, 0).size() == 1);
    CHECK(store.log(row.key, 0, 100, 30).size() == 3);
    CHECK(store.log(row.key, 0, 100, 29).size() == 2);
    CHECK(store.log(row.key, 0, 100, 1).size() == 1);
}

TEST_CASE("a history is read whole and in its order, from any place in it") {
    contract_store store(EVERY_STORE_KIND);
    auto row = created(store, "s1");
    for (const auto* turn : {"t1", "t2", "t3", "t4"}) {
        auto change = turn_of(row, turn, *turn == 't' && turn[1] == '2' ? 0 : 2);
        change.append->input = R"({"text":"hello"})";
        change.append->messages = "[{}]";
        REQUIRE(store.commit(change).committed());
    }
    auto read = [&](log_position after, std::size_t limit) {
        auto found = store.env.run(store.db->read_history(row.key, after, limit));
        REQUIRE(found);
        return *found;
    };
    auto all = read({}, 100);
    CHECK(turns_of(all) == std::vector<std::string>{"t1", "t2", "t3", "t4"});
    CHECK(all[1].input == R"({"text":"hello"})");
    CHECK(all[1].outcome == R"({"ok":true})");
    CHECK(all[1].messages == "[{}]");
    CHECK(turns_of(read({}, 3)) == std::vector<std::string>{"t1", "t2", "t3"});
    CHECK(turns_of(read(position_of(all[0]), 100)) == std::vector<std::string>{"t2", "t3", "t4"});
    CHECK(turns_of(read(position_of(all[1]), 1)) == std::vector<std::string>{"t3"});
    CHECK(read(position_of(all[3]), 1).empty());
}

TEST_CASE("the latest turns come newest first, without commits that hold no turn") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    for (const auto* turn : {"t1", "", "t2", "t3", ""})
        REQUIRE(store.commit(turn_of(row, turn, *turn == '\0' ? 1 : 0)).committed());
    CHECK(turns_of(store.latest(row.key, 2)) == std::vector<std::string>{"t3", "t2"});
    CHECK(turns_of(store.latest(row.key, 100)) == std::vector<std::string>{"t3", "t2", "t1"});
    CHECK(store.latest(row.key, 0).empty());
    CHECK(store.latest({row.key.value + 100}, 10).empty());
}

TEST_CASE("a read of a log brings what it is about and nothing else") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    auto change = turn_of(row, "t1", 1);
    change.append->input = R"({"text":"hello"})";
    change.append->messages = "[{}]";
    change.append->digest = "d1";
    REQUIRE(store.commit(change).committed());
    auto shown = store.log(row.key, 0);
    REQUIRE(shown.size() == 1);
    CHECK(shown[0].events == R"(["event"])");
    CHECK(shown[0].turn.text == "t1");
    CHECK(shown[0].input + shown[0].outcome + shown[0].messages == "");
    auto turns = store.latest(row.key, 1);
    REQUIRE(turns.size() == 1);
    CHECK(turns[0].outcome == R"({"ok":true})");
    CHECK(turns[0].digest == "d1");
    CHECK(turns[0].input + turns[0].events + turns[0].messages == "");
}

TEST_CASE("the latest turns end with the one that brings their outcomes to 4 MiB") {
    contract_store store(EVERY_STORE_KIND);
    auto row = created(store, "s1");
    for (int i = 0; i < 6; ++i) {
        auto change = turn_of(row, "t" + std::to_string(i), 0);
        change.append->outcome.assign(max_value_size, '1');
        REQUIRE(store.commit(change).committed());
    }
    CHECK(turns_of(store.latest(row.key, 100)) == std::vector<std::string>{"t5", "t4", "t3", "t2"});
}

TEST_CASE("a trim of a long log is done by the session's next commits at the latest") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    auto start = store.env.utc_now();
    std::vector<session_change> turns;
    for (int i = 0; i < 1000; ++i) {
        turns.push_back(turn_of(row, "t" + std::to_string(i), static_cast<std::uint64_t>(i % 2)));
        turns.back().append->at = start;
    }
    store.commit_all(std::move(turns));
    auto change = turn_of(row, "asks", 1);
    row.floor = change.row.floor = row.head;
    change.append->at = start;
    change.forget_before = start + seconds(1);
    REQUIRE(store.commit(change).committed());
    for (int i = 0; i < 4; ++i)
        REQUIRE(store.commit(turn_of(row, "next" + std::to_string(i), 0)).committed());
    CHECK(turns_of(store.log(row.key, 0)) == std::vector<std::string>{"asks"});
    CHECK(store.turn(row.key, "t744").error() == errc::not_found);
    auto kept = store.turn(row.key, "t750");
    REQUIRE(kept);
    CHECK(kept->events == "[]");
    CHECK(store.latest(row.key, 1000).size() <= 260);
}

TEST_CASE("a trim takes all that lies below the floor but the turns with their outcomes") {
    contract_store store(EVERY_STORE_KIND);
    auto row = created(store, "s1");
    for (const auto* turn : {"t1", "t2", "t3"}) {
        auto change = turn_of(row, turn, 2);
        change.append->input = R"({"text":"what was asked"})";
        change.append->messages = R"(["what was said"])";
        REQUIRE(store.commit(change).committed());
    }
    auto change = turn_of(row, "t4", 1);
    change.row.floor = 4; // inside of t2: only what lies wholly below goes
    change.forget_before = store.env.utc_now();
    REQUIRE(store.commit(change).committed());

    CHECK(turns_of(store.log(row.key, 0)) == std::vector<std::string>{"t2", "t3", "t4"});
    auto trimmed = store.turn(row.key, "t1");
    REQUIRE(trimmed);
    CHECK(trimmed->events == "[]");
    CHECK(trimmed->messages == "[]");
    CHECK(trimmed->input.empty());
    CHECK(trimmed->outcome == R"({"ok":true})");
    CHECK(store.turn(row.key, "t2")->messages == R"(["what was said"])");
    CHECK(turns_of(store.latest(row.key, 10)) == std::vector<std::string>{"t4", "t3", "t2", "t1"});
}

TEST_CASE("a floor alone lets nothing go until a trim is asked for") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    REQUIRE(store.commit(turn_of(row, "t1", 2)).committed());
    auto change = turn_of(row, "t2", 1);
    change.row.floor = 3;
    REQUIRE(store.commit(change).committed());
    CHECK(store.turn(row.key, "t1")->events == R"(["event"])");
}

TEST_CASE("a trim removes entries that are old and beyond the latest 256, and frees their turn ids") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = created(store, "s1");
    auto other = created(store, "s2");
    REQUIRE(store.commit(turn_of(other, "t0", 1)).committed());
    auto start = store.env.utc_now();
    std::vector<session_change> turns;
    for (int i = 0; i < 300; ++i) {
        turns.push_back(turn_of(row, "t" + std::to_string(i), 1));
        turns.back().append->at = start + seconds(i);
    }
    store.commit_all(std::move(turns));
    auto change = turn_of(row, "t300", 1); // 301 entries: 45 are beyond the latest 256
    change.append->at = start + seconds(300);
    change.row.floor = 299;
    change.forget_before = start + seconds(20);
    REQUIRE(store.commit(change).committed());
    CHECK(store.turn(row.key, "t19").error() == errc::not_found);
    CHECK(store.turn(row.key, "t20")->events == "[]");
    CHECK(store.latest(row.key, 1000).size() == 281);

    change = turn_of(row, "t0", 1);
    change.append->at = start + seconds(301);
    change.row.floor = 302;
    change.forget_before = start + seconds(1000);
    REQUIRE(store.commit(change).committed());
    CHECK(store.latest(row.key, 1000).size() == 256);
    CHECK(store.turn(row.key, "t45").error() == errc::not_found);
    CHECK(store.turn(row.key, "t46"));
    CHECK(turns_of(store.log(row.key, 0)) == std::vector<std::string>{"t0"});
    CHECK(store.turn(other.key, "t0")->events == R"(["event"])");
}
