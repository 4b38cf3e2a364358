#include "tests/persistence/encryption/sealed_store.hpp"

#include "persistence/encryption/marker.hpp"
#include "persistence/encryption/sealed_text.hpp"
#include "persistence/stores/memory_store.hpp"

#include <algorithm>
#include <set>

using namespace rejoinder;
using namespace rejoinder::tests;
using encryption::read_sealed;

namespace {

std::vector<log_entry> history(sealed_store& store, database& in, const session_row& row) {
    auto found = store.env.run(in.read_history(row.key, {}, 100));
    REQUIRE(found);
    return *found;
}

bool is_sealed(const std::string& text) {
    return read_sealed(text).has_value();
}

} // namespace

TEST_CASE("values, states and logs are stored sealed and read as they were written") {
    sealed_store store(database_type::memory, {"k1"});
    store.put(note("a"), R"({"x":1})");
    CHECK(store.read(note("a"))->value == R"({"x":1})");
    auto stored = store.stored("note");
    CHECK(stored.id == note("a"));
    CHECK(is_sealed(stored.value));

    auto row = begin_session(store, "s1", "hello");
    CHECK(row.state == R"({"text":"hello"})");
    auto inner = store.env.run(store.inner().read_session({"s1"}));
    REQUIRE(inner);
    for (const auto& text : {inner->state, inner->devices, inner->metadata})
        CHECK(is_sealed(text));
    auto entry = history(store, store.inner(), row).front();
    for (const auto& text : {entry.input, entry.outcome, entry.events, entry.messages})
        CHECK(is_sealed(text));
    entry = history(store, *store.db, row).front();
    for (const auto& text : {entry.input, entry.outcome, entry.events, entry.messages})
        CHECK(text == R"(["hello"])");
}

TEST_CASE("a value that looks as if it were sealed is one like any other") {
    sealed_store store(database_type::memory, {"k1"});
    store.put(note("a"), R"({"x":1})");
    auto looks = store.stored("note").value;
    store.put(note("b"), looks);
    CHECK(store.read(note("b"))->value == looks);
}

TEST_CASE("a sealed value that was changed or moved is corrupt, and what stands in front of it is read") {
    sealed_store store(database_type::memory, {"k1"});
    for (const auto* key : {"a", "b", "c"})
        store.put(note(key), key);
    auto moved = *store.env.run(store.inner().read(note("a")));
    moved.id = note("b");
    store.plant(moved);
    CHECK(store.read(note("b")).error() == errc::corrupt);
    CHECK(store.read(note("a"))->value == "a");
    auto scan = [&](std::string after) {
        return store.env.run(store.db->scan({"note", note("").scope, std::move(after), 10}));
    };
    auto page = scan("");
    REQUIRE(page);
    REQUIRE(page->size() == 1);
    CHECK(scan("a").error() == errc::corrupt);
    CHECK(scan("b")->size() == 1);
}

TEST_CASE("a plain value is not accepted in a store that was begun with keys") {
    sealed_store store(database_type::memory, {"k1"});
    store.put(note("a"), "1");
    auto planted = store.stored("note");
    planted.value = "2";
    store.plant(planted);
    CHECK(store.read(note("a")).error() == errc::corrupt);
}

TEST_CASE("a column of a session that was moved to another one is corrupt") {
    sealed_store store(database_type::memory, {"k1"});
    begin_session(store, "s1", "one");
    begin_session(store, "s2", "two");
    auto first = *store.env.run(store.inner().read_session({"s1"}));
    auto second = *store.env.run(store.inner().read_session({"s2"}));
    auto swapped = second;
    swapped.state = first.state;
    auto also = first;
    std::swap(also.state, also.devices);
    transfer what;
    what.sessions = {{swapped, {}, moved_session::part::first}, {also, {}, moved_session::part::first}};
    store.plant(what);
    CHECK(store.env.run(store.db->read_session({"s2"})).error() == errc::corrupt);
    CHECK(store.env.run(store.db->read_session({"s1"})).error() == errc::corrupt);
}

TEST_CASE("an entry that was moved to another log, place or column is corrupt") {
    sealed_store store(database_type::memory, {"k1"});
    auto one = begin_session(store, "s1", "one");
    auto two = begin_session(store, "s2", "two");
    auto entry = history(store, store.inner(), one).front();
    auto how = GENERATE(0, 1, 2);
    transfer what;
    auto& part = what.sessions.emplace_back();
    part.row = how == 0 ? two : one;
    part.which = moved_session::part::further;
    part.entries = {entry};
    if (how == 1) part.entries[0].revision = {7};
    if (how == 1) part.entries[0].turn = {"t7"};
    if (how == 2) std::swap(part.entries[0].input, part.entries[0].events);
    store.plant(what);
    auto turn = turn_id{how == 1 ? "t7" : "t1"};
    CHECK(store.env.run(store.db->find_turn(how == 0 ? two.key : one.key, turn)).error() == errc::corrupt);
}

TEST_CASE("an entry is told from another session's also where its session was not met before") {
    sealed_store store(database_type::sqlite, {"k1"});
    auto one = begin_session(store, "s1", "one");
    auto two = begin_session(store, "s2", "two");
    REQUIRE(next_turn(store, one, "more").committed());
    transfer what;
    what.sessions = {{two, {history(store, store.inner(), one).back()}, moved_session::part::further}};
    store.plant(what);
    for (const auto* turn : {"t1", "t2"}) {
        REQUIRE(store.open({"k1"}).empty());
        auto found = store.env.run(store.db->find_turn(two.key, {turn}));
        CHECK(found.has_value() == (turn == std::string("t1")));
        CHECK(store.env.run(store.db->find_turn(one.key, {turn})));
        if (!found) CHECK(found.error() == errc::corrupt);
    }
}

TEST_CASE("events that were let go stay so") {
    sealed_store store(database_type::memory, {"k1"});
    auto row = begin_session(store, "s1", "one");
    REQUIRE(next_turn(store, row, "two").committed());
    change_set changes;
    auto& change = changes.session.emplace();
    change.expected = session_fence{row.owner_generation, row.revision};
    row.floor = 2;
    change.row = row;
    change.forget_before = store.env.utc_now();
    auto answer = store.commit(std::move(changes));
    REQUIRE(answer.committed());
    auto entry = store.env.run(store.db->find_turn(row.key, {"t1"}));
    REQUIRE(entry);
    CHECK(entry->events == "[]");
    CHECK(entry->outcome == R"(["one"])");
    auto shown = store.env.run(store.db->read_log(row.key, 0, 100, 1000));
    REQUIRE(shown);
    REQUIRE(shown->size() == 1);
    CHECK(shown->front().events == R"(["two"])");
}

TEST_CASE("a key that holds personal text stands under a pseudonym and is read as it is") {
    sealed_store store(database_type::memory, {"k1"});
    store.put(item("shopping/milk"), "1");
    auto stored = store.stored("list_item");
    CHECK(stored.id.key.size() == 65);
    CHECK(stored.id.scope == item("").scope);
    auto found = store.read(item("shopping/milk"));
    REQUIRE(found);
    CHECK(found->id == item("shopping/milk"));
    CHECK(found->value == "1");
    CHECK(store.read(item("shopping/bread")).error() == errc::not_found);

    change_set changes;
    auto& write = changes.writes.emplace_back();
    write.id = item("shopping/milk");
    write.value = "2";
    write.mode = write_mode::create_only;
    CHECK(store.commit(changes).error == errc::conflict);
    write.mode = write_mode::upsert;
    write.value.reset();
    REQUIRE(store.commit(changes).committed());
    CHECK(store.read(item("shopping/milk")).error() == errc::not_found);
}

TEST_CASE("records under pseudonyms are read page after page, each once, and a list's own only") {
    sealed_store store(database_type::memory, {"k1"});
    std::set<std::string> shopping;
    for (int i = 0; i < 20; ++i) {
        auto name = std::to_string(i);
        shopping.insert("shopping/" + name);
        store.put(item("shopping/" + name), "1");
        store.put(item("todo/" + name), "1");
    }
    std::vector<std::string> seen;
    scan_request request{"list_item", item("").scope, "shopping/", 3};
    for (;;) {
        auto page = store.env.run(store.db->scan(request));
        REQUIRE(page);
        bool is_over = page->empty() || !page->back().id.key.starts_with("shopping/");
        for (const auto& one : *page)
            if (one.id.key.starts_with("shopping/")) seen.push_back(one.id.key);
        if (is_over) break;
        request.after_key = page->back().id.key;
    }
    CHECK(seen.size() == 20);
    CHECK(std::set(seen.begin(), seen.end()) == shopping);
    CHECK(store.walk().size() == 40);
}

TEST_CASE("the stores find what they keep under pseudonyms") {
    sealed_store store(database_type::memory, {"k1"});
    memory_store memory(*store.db, item("").scope);
    change_set changes;
    auto feel = memory.feel({"Old Maps", feeling::love});
    REQUIRE(feel.has_value());
    changes.writes.push_back(std::move(*feel));
    for (const auto* name : {"Milk", "Bread"}) {
        auto add = memory.add_item({"Shopping", name, static_cast<std::uint64_t>(*name)});
        REQUIRE(add.has_value());
        changes.writes.push_back(std::move(*add));
    }
    auto answer = store.commit(std::move(changes));
    REQUIRE(answer.committed());
    auto found = store.env.run(memory.find_affinity("old maps"));
    REQUIRE(found);
    CHECK(found->value.item == "Old Maps");
    auto list = store.env.run(memory.load_list("SHOPPING"));
    REQUIRE(list);
    REQUIRE(list->size() == 2);
    CHECK(list->front().key == "shopping/bread");
}

TEST_CASE("nobody sees, writes or brings along the record of the keys") {
    sealed_store store(database_type::memory, {"k1"});
    CHECK(store.walk().empty());
    CHECK(store.walk(store.inner()).size() == 1);
    CHECK(store.read(encryption::marker_id()).error() == errc::not_found);
    auto scan = store.env.run(store.db->scan({"encryption", {}, "", 10}));
    REQUIRE(scan);
    CHECK(scan->empty());
    change_set changes;
    changes.writes.emplace_back().id = encryption::marker_id();
    auto answer = store.commit(std::move(changes));
    CHECK(answer.error == errc::bad_record);
    transfer what;
    what.records.emplace_back().id = encryption::marker_id();
    auto refused = store.env.run(store.db->transplant(std::move(what)));
    CHECK(refused == errc::bad_record);
}

TEST_CASE("the feed of changes shows pseudonyms, and nothing of the record of the keys") {
    sealed_store store(database_type::memory, {"k1"});
    auto feed = [&](std::string after, std::size_t limit) {
        auto page = store.env.run(store.db->read_changes(std::move(after), limit));
        REQUIRE(page);
        return *page;
    };
    CHECK(feed("", 1).changes.empty());
    store.put(note("a"), "1");
    store.put(item("shopping/milk"), "1");
    auto first = feed("", 1);
    REQUIRE(first.changes.size() == 1);
    CHECK(first.changes[0].record == note("a"));
    auto second = feed(first.next, 1);
    REQUIRE(second.changes.size() == 1);
    CHECK(second.changes[0].record == store.stored("list_item").id);
    CHECK(feed(second.next, 1).changes.empty());
}

TEST_CASE("what is copied from a sealed store into another one is sealed there anew") {
    sealed_store from(database_type::memory, {"k1"});
    from.put(note("a"), "1");
    from.put(item("shopping/milk"), "2");
    auto row = begin_session(from, "s1", "hello");
    transfer what;
    what.records = from.walk();
    what.sessions = {{row, history(from, *from.db, row), moved_session::part::first}};

    sealed_store to(database_type::memory, {"k2"});
    REQUIRE_FALSE(to.env.run(to.db->transplant(what)));
    CHECK(to.read(note("a"))->value == "1");
    CHECK(to.read(item("shopping/milk"))->value == "2");
    auto copied = to.env.run(to.db->read_session({"s1"}));
    REQUIRE(copied);
    CHECK(copied->state == row.state);
    CHECK(history(to, *to.db, *copied).front().input == R"(["hello"])");

    sealed_store plain(database_type::memory);
    REQUIRE(plain.open({}).empty());
    REQUIRE_FALSE(plain.env.run(plain.db->transplant(what)));
    CHECK(plain.read(item("shopping/milk"))->value == "2");
}

TEST_CASE("a session is told by its key as long as it is among those that were lately met") {
    encryption::session_names names(4);
    for (int i = 0; i < 100; ++i) {
        names.note({i}, {std::to_string(i)});
        for (int back = std::max(0, i - 3); back <= i; ++back)
            CHECK(names.find({back}) == session_id{std::to_string(back)});
    }
    CHECK_FALSE(names.find({50}));
    names.note({99}, {"another"});
    CHECK(names.find({99}) == session_id{"another"});
}
