#include "service/ledger.hpp"

#include "tests/service/ledger_desk.hpp"

#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using persistence::errc;
using desk = tests::ledger_desk;
using tests::commit_later;

TEST_CASE("a session is born with its first commit, stamped with the time and the owner") {
    desk d;
    d.limits.node = "a1";
    auto book = d.unborn();
    CHECK_FALSE(book.born());
    CHECK(book.epoch().size() == 16);
    REQUIRE(d.commit(book, d.drafted(book, "")).committed());
    CHECK(book.born());
    const auto& row = book.row();
    CHECK(row.created == d.env.utc_now());
    CHECK(row.last_seen == d.env.utc_now());
    CHECK(row.expires == d.env.utc_now() + d.limits.session_life);
    CHECK(row.owner_node == "a1");
    CHECK(row.owner_generation == 1);
    CHECK(row.revision.value == 1);
    CHECK(row.head == 2);
    CHECK(d.log(book).size() == 2);
}

TEST_CASE("every commit is a sign of life and leaves the time of birth alone") {
    desk d;
    auto book = d.born();
    auto birth = d.env.utc_now();
    d.env.advance(std::chrono::hours(1));
    REQUIRE(d.commit(book, book.make_draft()).committed());
    CHECK(book.row().created == birth);
    CHECK(book.row().last_seen == birth + std::chrono::hours(1));
    CHECK(book.row().expires == book.row().last_seen + d.limits.session_life);
}

TEST_CASE("what is drafted is seen only when it is durable") {
    desk d;
    auto book = d.born();
    auto revision = book.row().revision;
    auto state_revision = book.state().revision;
    d.database.hold_commits();
    d.tasks.spawn(commit_later(book, d.drafted(book, "t-1")));
    d.env.run_ready();
    REQUIRE(d.database.held() == 1);
    CHECK(book.row().head == 2);
    CHECK(book.row().revision == revision);
    CHECK(book.state().revision == state_revision);
    CHECK(book.highest_number(d.device) == 0);

    d.database.release_commits();
    d.env.run(d.tasks.join());
    CHECK(book.row().head == 4);
    CHECK(book.row().revision == revision.next());
    CHECK(book.state().revision == state_revision + 1);
    CHECK(book.highest_number(d.device) == 1);
    CHECK(book.extent().head == 4);
}

TEST_CASE("a commit that failed leaves everything as it was, and the next one succeeds from there") {
    desk d;
    auto book = d.born();
    auto state = serialise(book.state());
    auto extent = book.extent();
    d.database.fail_commit(errc::unavailable);
    CHECK(d.commit(book, d.drafted(book, "t-1")).error == errc::unavailable);
    CHECK(serialise(book.state()) == state);
    CHECK(book.extent().head == extent.head);
    CHECK(book.extent().bytes == extent.bytes);
    CHECK(book.row().revision.value == 1);
    CHECK(book.highest_number(d.device) == 0);
    CHECK(book.devices().empty());

    REQUIRE(d.commit(book, d.drafted(book, "t-1")).committed());
    CHECK(book.row().revision.value == 2);
    auto events = d.log(book);
    REQUIRE(events.size() == 4);
    for (std::size_t i = 0; i < events.size(); ++i)
        CHECK(events[i].seq == i + 1);
}

TEST_CASE("a birth that failed can be tried again, with what belongs to it") {
    desk d;
    session_origin origin;
    origin.row.id = session_id{"s-1"};
    origin.row.machine = "parrot";
    persistence::record_write claim;
    claim.id = {"test", {}, "claim"};
    claim.value = "1";
    claim.mode = persistence::write_mode::create_only;
    origin.with_birth.push_back(claim);
    ledger book(d.env, d.database, d.limits, std::move(origin));
    d.database.fail_commit(errc::unavailable);
    CHECK_FALSE(d.commit(book, d.drafted(book, "")).committed());
    CHECK_FALSE(book.born());
    CHECK(d.env.run(d.database.read(claim.id)).error() == errc::not_found);

    REQUIRE(d.commit(book, d.drafted(book, "")).committed());
    CHECK(d.env.run(d.database.read(claim.id)));
    // The second commit writes it no more: `create_only` would refuse it.
    CHECK(d.commit(book, d.drafted(book, "t-1")).committed());
}

TEST_CASE("of two ledgers over one row exactly one commits, and the other one never again") {
    desk d;
    auto first = d.born();
    auto second = d.loaded();
    auto third = d.loaded();

    REQUIRE(d.commit(second, d.drafted(second, "t-2")).committed());
    CHECK(second.row().owner_generation == 2);
    CHECK(d.commit(first, d.drafted(first, "t-1")).error == errc::fenced);
    CHECK(d.commit(third, d.drafted(third, "t-3")).error == errc::fenced);
    CHECK(first.row().head == 2);
    CHECK(d.commit(first, d.drafted(first, "t-1")).error == errc::fenced);
    CHECK(d.commit(second, d.drafted(second, "t-4")).committed());
    auto events = d.log(second);
    REQUIRE(events.size() == 6);
    CHECK(events[2].turn == turn_id{"t-2"});
    CHECK(events[4].turn == turn_id{"t-4"});
}

TEST_CASE("a session that two ledgers make is made once") {
    desk d;
    auto one = d.unborn();
    auto two = d.unborn();
    REQUIRE(d.commit(one, d.drafted(one, "")).committed());
    CHECK(d.commit(two, d.drafted(two, "")).error == errc::conflict);
    CHECK_FALSE(two.born());
}

TEST_CASE("a recorded turn is found again with its answer, another one is not") {
    desk d;
    auto book = d.unborn();
    CHECK(d.env.run(book.find_turn(turn_id{"t-1"})).error() == errc::not_found);
    REQUIRE(d.commit(book, d.drafted(book, "")).committed());
    REQUIRE(d.commit(book, d.drafted(book, "t-1", 3)).committed());
    auto turn = d.env.run(book.find_turn(turn_id{"t-1"}));
    REQUIRE(turn);
    CHECK(turn->id == turn_id{"t-1"});
    CHECK(turn->digest == "digest of t-1");
    CHECK(turn->status == "done");
    CHECK(turn->outcome == "{}");
    CHECK(turn->first == 3);
    CHECK(turn->last == 5);
    CHECK(d.env.run(book.find_turn(turn_id{"t-2"})).error() == errc::not_found);
    CHECK(d.commit(book, d.drafted(book, "t-1")).error == errc::duplicate_turn);
    CHECK(book.row().head == 5);
}

TEST_CASE("a turn that showed nothing has no events between its first and its last") {
    desk d;
    auto book = d.born();
    REQUIRE(d.commit(book, d.drafted(book, "t-1", 0)).committed());
    auto turn = d.env.run(book.find_turn(turn_id{"t-1"}));
    REQUIRE(turn);
    CHECK(turn->first == 3);
    CHECK(turn->last == 2);
    CHECK(book.row().head == 2);
}

TEST_CASE("the latest turns are told oldest first, sixteen at most") {
    desk d;
    auto book = d.born();
    CHECK(*d.env.run(book.latest_turns()) == json::array());
    for (int i = 1; i <= 20; ++i)
        REQUIRE(d.commit(book, d.drafted(book, "t-" + std::to_string(i), 1)).committed());
    auto turns = *d.env.run(book.latest_turns());
    REQUIRE(turns.size() == 16);
    CHECK(turns.front() == json{{"turn", "t-5"}, {"status", "done"}, {"outcome", json::object()}});
    CHECK(turns.back()["turn"] == "t-20");
}

TEST_CASE("a device's highest number never falls") {
    desk d;
    auto book = d.born();
    auto next = d.drafted(book, "t-1");
    turn_request late;
    late.device = d.device;
    for (std::optional<std::uint64_t> number : {std::optional<std::uint64_t>(9), {4}, {}}) {
        late.id = turn_id{"x"};
        late.number = number;
        next->record_turn(identity_of(late), "done", json::object());
        CHECK(next->devices[d.device].highest_number == 9);
    }
}

TEST_CASE("the log keeps to its bound of events, and what stays is the latest without a gap") {
    desk d;
    d.limits.log.events = 16;
    auto book = d.born();
    auto size = GENERATE(std::size_t(1), std::size_t(3), std::size_t(16));
    for (int i = 1; i <= 60; ++i) {
        REQUIRE(d.commit(book, d.drafted(book, "t-" + std::to_string(i), size)).committed());
        const auto& row = book.row();
        CHECK(row.head + 1 - row.floor <= d.limits.log.events);
        CHECK(row.floor <= row.head);
        auto events = d.log(book);
        REQUIRE_FALSE(events.empty());
        CHECK(events.front().seq <= row.floor);
        CHECK(events.back().seq == row.head);
        for (std::size_t k = 1; k < events.size(); ++k)
            CHECK(events[k].seq == events[k - 1].seq + 1);
    }
}

TEST_CASE("the log keeps to its bound of bytes, also when one turn shows as much as it holds") {
    desk d;
    d.limits.log.bytes = 4096;
    auto book = d.born();
    auto bytes = GENERATE(std::size_t(50), std::size_t(700), std::size_t(3000), std::size_t(20000));
    for (int i = 1; i <= 40; ++i) {
        REQUIRE(d.commit(book, d.drafted(book, "t-" + std::to_string(i), 3, bytes)).committed());
        const auto& row = book.row();
        CHECK(row.log_bytes <= d.limits.log.bytes);
        CHECK(row.floor <= row.head + 1);
        if (row.floor > row.head) CHECK(row.log_bytes == 0);
    }
}

TEST_CASE("a turn that shows more events than the log holds leaves the latest of them in it") {
    desk d;
    d.limits.log.events = 16;
    auto book = d.born();
    REQUIRE(d.commit(book, d.drafted(book, "t-1", 200)).committed());
    CHECK(book.row().head == 202);
    CHECK(book.row().floor <= 202);
    CHECK(book.row().head + 1 - book.row().floor <= 16);
}

TEST_CASE("trimming is rare: a quarter of the log goes at a time") {
    desk d;
    d.limits.log.events = 100;
    auto book = d.born();
    int trims = 0;
    for (int i = 1; i <= 400; ++i) {
        auto floor = book.row().floor;
        REQUIRE(d.commit(book, d.drafted(book, "t-" + std::to_string(i), 1)).committed());
        trims += book.row().floor != floor;
    }
    CHECK(trims > 0);
    CHECK(trims <= 400 / 25);
}
