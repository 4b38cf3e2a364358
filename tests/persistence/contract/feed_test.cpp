#include "tests/persistence/contract/contract_store.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

change_page changes(contract_store& store, const std::string& after, std::size_t limit = 1000) {
    auto page = store.env.run(store.db->read_changes(after, limit));
    REQUIRE(page);
    return *page;
}

/// A change as one word: `a@2` for a record, `s1#3` for a session, with a minus where it is gone.
std::string word_for(const change& one) {
    auto name = one.record ? one.record->key + '@' : one.session.text + '#';
    return (one.what == change::operation::removed ? "-" : "") + name + std::to_string(one.revision.value);
}

std::vector<std::string> words(const change_page& page) {
    std::vector<std::string> all;
    for (const auto& one : page.changes)
        all.push_back(word_for(one));
    return all;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("everything that is committed is in the feed, in its order, with its revision") {
    contract_store store(EVERY_STORE_KIND);
    CHECK(changes(store, "").changes.empty());
    CHECK(changes(store, "").next.empty());
    change_set first;
    first.now = store.env.utc_now();
    first.session = new_session("s1");
    first.writes = {put("a", "1"), put("b", "1")};
    REQUIRE(store.commit(first).committed());
    CHECK_FALSE(store.commit(put("a", "1", write_mode::create_only)).committed()); // nothing of it
    REQUIRE(store.commit(put("a", "2")).committed());
    REQUIRE(store.commit(drop("b")).committed());
    REQUIRE(store.commit(drop("never")).committed());
    auto row = *store.session("s1");
    REQUIRE(store.commit(turn_of(row, "t1", 1)).committed());
    change_set last;
    last.removals = {{{"s1"}, row.revision}, {{"unknown"}, {1}}};
    REQUIRE(store.commit(last).committed());

    auto page = changes(store, "");
    CHECK(words(page) == list{"s1#1", "a@1", "b@1", "a@2", "-b@1", "s1#2", "-s1#2"});
    CHECK(page.changes[0].at == first.now);
    CHECK(page.changes[1].record == id_of("a"));
    CHECK(page.changes[1].session.empty());
    CHECK_FALSE(page.changes[0].record);
    auto rest = changes(store, page.next);
    CHECK(rest.changes.empty());
    CHECK(rest.next == page.next);
}

TEST_CASE("a follower gets every change once, whatever the size of its pages, also over restarts") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto limit = GENERATE(std::size_t(1), std::size_t(3), std::size_t(1000));
    list all;
    list expected;
    std::string position;
    for (int i = 1; i <= 12; ++i) {
        REQUIRE(store.commit(put("a", std::to_string(i))).committed());
        expected.push_back("a@" + std::to_string(i));
        if (i % 4 != 0) continue;
        for (;;) {
            auto page = changes(store, position, limit);
            CHECK(page.changes.size() <= limit);
            if (page.changes.empty()) break;
            position = page.next;
            for (const auto& word : words(page))
                all.push_back(word);
        }
        store.reopen();
    }
    CHECK(all == expected);
    CHECK(words(changes(store, "")) == expected); // what was read is still kept
}

TEST_CASE("what is purged is removed in the feed, and what is transplanted is put") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto expires = store.env.utc_now() + seconds(1);
    auto write = put("a", "1");
    write.expires = expires;
    REQUIRE(store.commit(write).committed());
    auto session = new_session("s1");
    session.row.expires = expires;
    REQUIRE(store.commit(session).committed());
    auto position = changes(store, "").next;
    REQUIRE(store.env.run(store.db->purge(expires, 10)));
    record one;
    one.id = id_of("b");
    one.revision = {7};
    one.value = "1";
    moved_session moved;
    moved.row = new_session("s2").row;
    moved.row.revision = {9};
    REQUIRE_FALSE(store.env.run(store.db->transplant({{one}, {moved}})));
    store.reopen();
    CHECK(words(changes(store, position)) == list{"-a@1", "-s1#1", "b@7", "s2#9"});
    CHECK(words(changes(store, "")) == list{"a@1", "s1#1", "-a@1", "-s1#1", "b@7", "s2#9"});
}

TEST_CASE("a position of another store, of another life or that is none is trimmed") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("a", "1")).committed());
    auto position = changes(store, "").next;
    auto read = [&](const std::string& after) {
        return store.env.run(store.db->read_changes(after, 10)).error();
    };
    CHECK(read(position + "0") == errc::trimmed); // behind the end
    CHECK(read("nonsense") == errc::trimmed);
    CHECK(read("01ARZ3NDEKTSV4RRFFQ69G5FAV:1") == errc::trimmed);
}

TEST_CASE("after a compaction the feed begins behind the latest removal") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("kept", "1")).committed());
    auto early = changes(store, "").next;
    REQUIRE(store.commit(put("a", "1")).committed());
    REQUIRE(store.commit(drop("a")).committed());
    auto removal = changes(store, "").next;
    REQUIRE(store.commit(put("b", "1")).committed());
    auto late = changes(store, "").next;
    REQUIRE_FALSE(store.env.run(store.db->compact()));
    for (int time = 0; time < 2; ++time) {
        CHECK(store.env.run(store.db->read_changes(early, 10)).error() == errc::trimmed);
        CHECK(words(changes(store, removal)) == list{"b@2"});
        CHECK(words(changes(store, "")) == list{"b@2"});
        CHECK(changes(store, late).changes.empty());
        store.reopen();
    }
    REQUIRE(store.commit(drop("b")).committed());
    REQUIRE_FALSE(store.env.run(store.db->compact())); // nothing is left in it
    store.reopen();
    REQUIRE(store.commit(put("c", "1")).committed());
    CHECK(words(changes(store, "")) == list{"c@3"});
    CHECK(store.env.run(store.db->read_changes(late, 10)).error() == errc::trimmed);
}

TEST_CASE("the feed keeps the latest changes and lets go of older ones") {
    // A file database has its feed from the same tables as memory, and takes its time to write so many.
    contract_store store(GENERATE(
        filter([](database_type each) { return each != database_type::file; }, from_range(every_backend()))));
    REQUIRE(store.commit(put("first", "1")).committed());
    auto position = changes(store, "").next;
    constexpr std::size_t at_once = 5000;
    for (std::size_t written = 0; written <= kept_changes + 1500; written += at_once) {
        change_set many;
        for (std::size_t i = 0; i < at_once; ++i)
            many.writes.push_back(put(std::to_string(i % 100), "1"));
        auto answer = store.commit(std::move(many));
        REQUIRE(answer.committed());
    }
    CHECK(store.env.run(store.db->read_changes(position, 10)).error() == errc::trimmed);
    std::size_t kept = 0;
    std::string after;
    for (auto page = changes(store, after); !page.changes.empty(); page = changes(store, after)) {
        kept += page.changes.size();
        after = page.next;
    }
    CHECK(kept >= kept_changes);
    CHECK(kept <= kept_changes + 1000);
}

TEST_CASE("a removed session keeps its name in the feed, and another one never takes it") {
    contract_store store(EVERY_DATABASE_TYPE);
    for (const auto* id : {"s1", "s2"}) {
        REQUIRE(store.commit(new_session(id)).committed());
        change_set removing;
        removing.removals = {{{id}, {1}}};
        REQUIRE(store.commit(removing).committed());
    }
    CHECK(words(changes(store, "")) == list{"s1#1", "-s1#1", "s2#1", "-s2#1"});
}

TEST_CASE("there is no feed after the end") {
    contract_store store(EVERY_DATABASE_TYPE);
    store.env.run(store.db->close());
    store.closed_already();
    CHECK(store.env.run(store.db->read_changes("", 1)).error() == errc::closed);
}
