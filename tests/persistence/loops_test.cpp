#include "persistence/loops.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/further_loop.hpp"
#include "tests/support/real_environment.hpp"

#include <stdexcept>
#include <string>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

struct places {
    std::thread::id before, there, after;
};

task<places> go_there_and_back(executor there) {
    places seen;
    seen.before = std::this_thread::get_id();
    auto going = run_on<std::thread::id>(there, [] { return this_thread(); });
    seen.there = co_await std::move(going);
    seen.after = std::this_thread::get_id();
    co_return seen;
}

task<std::string> what_is_thrown(executor there) {
    auto failing = call_on(there, []() -> int { throw std::runtime_error("broken over there"); });
    try {
        co_await std::move(failing);
    } catch (const std::exception& e) {
        co_return e.what();
    }
    co_return "";
}

} // namespace

TEST_CASE("a task that is run on another loop runs on its thread, and its caller goes on where it was") {
    real_environment here;
    further_loop there;
    auto seen = here.get(go_there_and_back(there.get_executor()));
    CHECK(seen.before == std::this_thread::get_id());
    CHECK(seen.there == there.thread());
    CHECK(seen.after == seen.before);
}

TEST_CASE("a task that is run on the caller's own loop runs within the call") {
    real_environment here;
    auto seen = here.get(go_there_and_back(here.env().get_executor()));
    CHECK(seen.there == seen.before);
}

TEST_CASE("what is thrown on another loop is thrown where it was asked for") {
    real_environment here;
    further_loop there;
    CHECK(here.get(what_is_thrown(there.get_executor())) == "broken over there");
}

TEST_CASE("a function of another loop that returns nothing can be waited for") {
    real_environment here;
    further_loop there;
    std::thread::id called;
    here.run(run_on<void>(there.get_executor(), [&]() -> task<> {
        called = std::this_thread::get_id();
        co_return;
    }));
    CHECK(called == there.thread());
}
