#include "service/further_loops.hpp"

#include "persistence/loops.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"

#include <future>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

using namespace rejoinder;
using namespace rejoinder::service;
using rejoinder::tests::real_environment;

TEST_CASE("further loops have a thread each and end when they are joined") {
    real_environment here;
    further_loops loops(3);
    loops.start([](const std::exception_ptr& what) { std::rethrow_exception(what); });
    std::set<std::thread::id> threads{std::this_thread::get_id()};
    for (std::size_t i = 0; i < loops.count(); ++i)
        threads.insert(
            here.get(call_on(loops.env(i).get_executor(), [] { return std::this_thread::get_id(); })));
    CHECK(threads.size() == 4);
    loops.join();
    loops.join();
}

TEST_CASE("what is thrown out of a further loop is told") {
    further_loops loops(1);
    std::promise<std::string> told;
    loops.start([&told](const std::exception_ptr& what) {
        try {
            std::rethrow_exception(what);
        } catch (const std::exception& e) {
            told.set_value(e.what());
        }
    });
    boost::asio::post(loops.env(0).get_executor(), [] { throw std::runtime_error("a defect"); });
    auto heard = told.get_future();
    REQUIRE(heard.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    CHECK(heard.get() == "a defect");
}

TEST_CASE("loops that nobody has asked for leave a processor to the writer, and are four at most") {
    for (auto [processors, loops] :
         {std::pair<std::size_t, std::size_t>{1, 1}, {2, 1}, {3, 2}, {4, 3}, {5, 4}, {64, 4}})
        CHECK(count_loops(0, processors, store_shares::all_loops) == loops);
    CHECK(count_loops(0, 64, store_shares::one_loop) == 1);
    CHECK(count_loops(7, 2, store_shares::one_loop) == 7);
    CHECK(usable_processors() >= 1);
}
