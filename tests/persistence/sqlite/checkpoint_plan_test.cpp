#include "persistence/sqlite/checkpoint_plan.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder::persistence::sqlite;

namespace {

using step = checkpoint_plan::step;

constexpr log_bounds small{.pass = 10, .long_log = 40, .rest = 5, .most = 100};

/// A plan whose log has so many pages.
checkpoint_plan plan_at(int pages) {
    checkpoint_plan plan(small);
    plan.stands({pages, 1});
    return plan;
}

} // namespace

TEST_CASE("a pass is due each time the log has grown by as much as one is for") {
    auto plan = plan_at(9);
    CHECK(plan.next() == step::nothing);
    plan.stands({10, 1});
    CHECK(plan.next() == step::pass);
    plan.pass_began();
    plan.pass_ended(10);
    plan.stands({19, 1});
    CHECK(plan.next() == step::nothing);
    plan.stands({20, 1});
    CHECK(plan.next() == step::pass);
}

TEST_CASE("no pass is asked for while one is under way") {
    auto plan = plan_at(10);
    plan.pass_began();
    plan.stands({39, 1});
    CHECK(plan.next() == step::nothing);
}

TEST_CASE("after a pass there is no next one before something was committed, so that the log cannot begin "
          "anew in it") {
    auto plan = plan_at(10);
    plan.pass_began();
    plan.stands({25, 1});
    plan.pass_ended(10);
    CHECK(plan.next() == step::nothing);
    plan.stands({25, 1});
    CHECK(plan.next() == step::nothing);
    plan.stands({26, 1});
    CHECK(plan.next() == step::pass);
}

TEST_CASE("what was committed during a pass is still to be worked in after it") {
    auto plan = plan_at(40);
    plan.pass_began();
    plan.stands({60, 1});
    plan.pass_ended(40);
    plan.stands({61, 1});
    CHECK(plan.next() == step::pass); // not yet a short rest
}

TEST_CASE("the writer works in the rest of a long log when that is short") {
    auto plan = plan_at(40);
    plan.pass_began();
    plan.stands({43, 1});
    plan.pass_ended(40);
    plan.stands({45, 1});
    CHECK(plan.next() == step::finish);
    plan.finish_began();
    plan.finish_ended(45);
    CHECK(plan.next() == step::nothing);
}

TEST_CASE("a short log with a short rest is left alone") {
    auto plan = plan_at(30);
    plan.pass_began();
    plan.pass_ended(30);
    plan.stands({31, 1});
    CHECK(plan.next() == step::nothing);
}

TEST_CASE("a log as long as it may get is worked in by the writer, also while a pass is under way") {
    auto plan = plan_at(40);
    plan.pass_began();
    plan.stands({99, 1});
    CHECK(plan.next() == step::nothing);
    plan.stands({100, 1});
    CHECK(plan.next() == step::finish);
}

TEST_CASE("what keeps the writer from working in a long log is not tried after each commit") {
    auto plan = plan_at(100);
    CHECK(plan.next() == step::finish);
    plan.finish_began();
    plan.finish_ended(7); // somebody reads the rest
    plan.stands({101, 1});
    CHECK(plan.next() == step::pass);
    plan.pass_began();
    plan.pass_ended(7);
    plan.stands({105, 1});
    CHECK(plan.next() == step::nothing);
    plan.stands({110, 1});
    CHECK(plan.next() == step::finish);
}

TEST_CASE("a log that a reader only kept from beginning anew is tried again a short rest later") {
    auto plan = plan_at(100);
    plan.finish_began();
    plan.finish_ended(100);
    plan.stands({104, 1});
    CHECK(plan.next() != step::finish);
    plan.stands({105, 1});
    CHECK(plan.next() == step::finish);
}

TEST_CASE("a failed attempt of the writer's own counts as one") {
    auto plan = plan_at(100);
    plan.finish_began();
    plan.stands({103, 1});
    CHECK(plan.next() != step::finish);
}

TEST_CASE("of a log that has begun anew nothing is worked in, however long it is already") {
    auto plan = plan_at(10);
    plan.pass_began();
    plan.pass_ended(10);
    plan.stands({15, 2}); // in one transaction, longer than all of the log before
    CHECK(plan.next() == step::pass);
}

TEST_CASE("a pass says nothing of a log that began anew behind it") {
    auto plan = plan_at(10);
    plan.pass_began();
    plan.stands({12, 2});
    plan.pass_ended(10);
    plan.stands({44, 2});
    CHECK(plan.next() == step::pass); // and not a rest of four pages, which would be the writer's
}

TEST_CASE("a pass that had no room is made again when the log has grown") {
    auto plan = plan_at(10);
    plan.pass_began();
    plan.pass_failed();
    plan.stands({19, 1});
    CHECK(plan.next() == step::nothing);
    plan.stands({20, 1});
    CHECK(plan.next() == step::pass);
}
