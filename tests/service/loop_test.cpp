#include "service/loop.hpp"

#include "persistence/memory/memory_database.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

using namespace rejoinder;
using service::run_or_close;

namespace {

/// A loop with a store on it, and how a read of that store ends.
struct shop {
    boost::asio::io_context loop{1};
    std::unique_ptr<environment> env = make_system_environment(loop);
    std::unique_ptr<persistence::database> store = *persistence::open_memory_database(*env, {});

    std::function<task<>()> close() {
        return [this] { return store->close(); };
    }

    error_code read() {
        error_code error;
        task_group tasks(loop.get_executor(), [](const std::exception_ptr& e) { std::rethrow_exception(e); });
        loop.restart();
        tasks.spawn(look(store.get(), &error));
        loop.run_for(std::chrono::seconds(10));
        return error;
    }

    static task<> look(persistence::database* store, error_code* into) {
        auto found = co_await store->read_session(session_id{"none"});
        *into = found.error();
    }
};

} // namespace

TEST_CASE("a loop that has nothing left to do ends well, and what ran on it has closed its store") {
    shop here;
    bool ran = false;
    boost::asio::post(here.loop, [&ran] { ran = true; });
    CHECK(here.read() == persistence::errc::not_found);
    CHECK(run_or_close(here.loop, *here.env, here.close()).empty());
    CHECK(ran);
    CHECK(here.read() == persistence::errc::not_found);
}

TEST_CASE("what is thrown out of the loop is told, and the store is closed all the same") {
    shop here;
    SECTION("an exception") {
        boost::asio::post(here.loop, [] { throw std::runtime_error("the roof is gone"); });
        CHECK(run_or_close(here.loop, *here.env, here.close()) == "the roof is gone");
    }
    SECTION("anything else") {
        boost::asio::post(here.loop, [] { throw 7; });
        CHECK_FALSE(run_or_close(here.loop, *here.env, here.close()).empty());
    }
    SECTION("one after the other: the first is told") {
        boost::asio::post(here.loop, [] { throw std::runtime_error("first"); });
        boost::asio::post(here.loop, [] { throw std::runtime_error("second"); });
        CHECK(run_or_close(here.loop, *here.env, here.close()) == "first");
    }
    CHECK(here.read() == persistence::errc::closed);
}
