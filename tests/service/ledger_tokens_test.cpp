#include "tests/service/ledger_desk.hpp"

using namespace rejoinder;
using namespace rejoinder::service;
using persistence::errc;
using desk = tests::ledger_desk;
using tests::commit_later;

TEST_CASE("a confirmed token is durable with the next commit") {
    desk d;
    auto book = d.born();
    d.welcome(book, "one");
    CHECK_FALSE(book.has_unsaved_tokens());
    book.confirm_token(d.device, "another");
    book.confirm_token(device_id{"stranger"}, "one");
    CHECK_FALSE(book.has_unsaved_tokens());
    book.confirm_token(d.device, "one");
    CHECK(book.has_unsaved_tokens());
    CHECK(d.find(book, "one") == resume_tokens::match::confirmed);
    CHECK(d.find(d.loaded(), "one") == resume_tokens::match::issued);
    REQUIRE(d.commit(book, book.make_draft()).committed());
    CHECK_FALSE(book.has_unsaved_tokens());
    CHECK(d.find(d.loaded(), "one") == resume_tokens::match::confirmed);
}

TEST_CASE("a token that is confirmed while a commit is under way stays confirmed, however the commit ends") {
    auto failing = GENERATE(false, true);
    desk d;
    auto book = d.born();
    d.welcome(book, "one");
    d.database.hold_commits();
    if (failing) d.database.fail_commit(errc::unavailable);
    d.tasks.spawn(commit_later(book, d.drafted(book, "t-1")));
    d.env.run_ready();
    book.confirm_token(d.device, "one");
    d.database.release_commits();
    d.env.run(d.tasks.join());
    CHECK(book.highest_number(d.device) == (failing ? 0 : 1));
    CHECK(d.find(book, "one") == resume_tokens::match::confirmed);
    CHECK(book.has_unsaved_tokens());
    REQUIRE(d.commit(book, book.make_draft()).committed());
    CHECK(d.find(d.loaded(), "one") == resume_tokens::match::confirmed);
}

TEST_CASE("a token that is confirmed while a draft is held stays confirmed, whether it is committed or not") {
    auto commits = GENERATE(false, true);
    desk d;
    auto book = d.born();
    d.welcome(book, "one");
    auto next = d.drafted(book, "t-1");
    book.hold_draft();
    book.confirm_token(d.device, "one");
    if (commits)
        REQUIRE(d.commit(book, std::move(next)).committed());
    else
        book.drop_draft();
    CHECK(d.find(book, "one") == resume_tokens::match::confirmed);
    CHECK(book.has_unsaved_tokens());
    REQUIRE(d.commit(book, book.make_draft()).committed());
    CHECK(d.find(d.loaded(), "one") == resume_tokens::match::confirmed);
}
