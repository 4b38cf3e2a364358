#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A session whose log has had its turns t1 to t3, and whose state says the latest of what was said in them.
struct talk {
    static constexpr std::string_view said = R"({"b":2},{"c":3},{"d":4})";
    static constexpr auto without_it = R"({"said":[],"rest":true})";
    static inline const std::string state = R"({"said":[)" + std::string(said) + R"(],"rest":true})";

    explicit talk(contract_store& in) : store(in) {
        auto outcome = store.commit(new_session("s1"));
        REQUIRE(outcome.committed());
        row = *store.session("s1");
        since = turn("t1", R"([{"a":1},{"b":2}])");
        turn("t2", "[]");
        last = turn_of(row, "t3", 1);
        last.append->messages = R"([{"c":3},{"d":4}])";
        last.row.state = state;
        if (store.db->completes_states()) leave_out();
    }

    void leave_out() {
        last.row.state = without_it;
        last.said = said_in_log{since, std::string_view(R"([{"a":1},)").size(),
                                std::string_view(R"({"said":[)").size(), said.size()};
    }

    log_position turn(const std::string& id, std::string messages) {
        auto change = turn_of(row, id, 1);
        change.append->messages = std::move(messages);
        REQUIRE(store.commit(change).committed());
        return {row.head, row.revision};
    }

    contract_store& store;
    session_row row;
    log_position since;
    session_change last;
};

std::string raw_state(contract_store& store) {
    return raw_file(store.location()).single("select state from session");
}

} // namespace

TEST_CASE("a state that says what its log holds as well comes back whole") {
    contract_store store(EVERY_STORE_KIND);
    talk t(store);
    REQUIRE(store.commit(t.last).committed());
    for (int round = 0; round < 2; ++round) {
        CHECK(store.session("s1")->state == talk::state);
        auto all = store.env.run(store.db->walk_sessions({}, 10));
        REQUIRE(all);
        REQUIRE(all->size() == 1);
        CHECK(all->front().state == talk::state);
        store.reopen();
    }
    // What comes later is not part of it, and the next state stands for itself.
    auto next = turn_of(t.row, "t4", 1);
    next.append->messages = R"([{"e":5}])";
    REQUIRE(store.commit(next).committed());
    CHECK(store.session("s1")->state == t.row.state);
}

TEST_CASE("a store that completes no states refuses one that is not whole") {
    contract_store store(EVERY_STORE_KIND);
    if (store.db->completes_states()) return;
    talk t(store);
    auto stood = store.session("s1")->state;
    t.leave_out();
    CHECK(store.commit(t.last).error == errc::unsupported);
    CHECK(store.session("s1")->state == stood);
}

TEST_CASE("what is sealed is found in no log, so a store with keys completes no states") {
    CHECK(contract_store(database_type::sqlite).db->completes_states());
    CHECK_FALSE(contract_store(sealed(database_type::sqlite)).db->completes_states());
}

TEST_CASE("sqlite has no part of a session's row that its log holds as well, and the row stays JSON") {
    contract_store store(database_type::sqlite);
    talk t(store);
    REQUIRE(store.commit(t.last).committed());
    CHECK(raw_state(store) == talk::without_it);
    auto next = next_of(*store.session("s1"));
    REQUIRE(store.commit(next).committed());
    CHECK(raw_state(store) == talk::state);
}

TEST_CASE("sqlite refuses a state without what the log may let go, or has not yet") {
    contract_store store(database_type::sqlite);
    talk t(store);
    auto stood = store.session("s1")->state;
    SECTION("the log lets it go") {
        t.last.row.floor = t.since.last + 1;
        t.last.forget_before = from_unix(0);
    }
    SECTION("the session is only made") {
        t.last.expected.reset();
        t.last.row.id = session_id{"s2"};
    }
    CHECK(store.commit(t.last).error == errc::unsupported);
    CHECK(store.session("s1")->state == stood);
    CHECK_FALSE(store.session("s2"));
}

TEST_CASE("sqlite does not make up what a log has lost: the state stays without it") {
    contract_store store(database_type::sqlite);
    talk t(store);
    REQUIRE(store.commit(t.last).committed());
    SECTION("an entry") {
        raw_file(store.location()).execute("delete from session_log where turn = 't1'");
    }
    SECTION("its messages") {
        raw_file(store.location()).execute("update session_log set messages = '' where turn = 't1'");
    }
    SECTION("the place") {
        raw_file(store.location()).execute("update session set said = '7 x'");
    }
    CHECK(store.session("s1")->state == talk::without_it);
}

TEST_CASE("a session that is taken to another store has its whole state there") {
    contract_store store(database_type::sqlite);
    talk t(store);
    REQUIRE(store.commit(t.last).committed());
    auto row = *store.session("s1");
    transfer what;
    what.how = transfer::manner::restate;
    what.sessions.push_back({row, {}, {}});
    REQUIRE_FALSE(store.env.run(store.db->transplant(what)));
    CHECK(raw_state(store) == talk::state);
    CHECK(store.session("s1")->state == talk::state);
}
