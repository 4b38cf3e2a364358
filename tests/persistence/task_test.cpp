#include "persistence/mailbox.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace rejoinder;
using rejoinder::tests::manual_environment;

namespace {

task<> collect(mailbox<int>& from, std::vector<int>& into) {
    while (auto message = co_await from.receive())
        into.push_back(*message);
}

task<> fail() {
    throw std::runtime_error("broken");
    co_return;
}

} // namespace

TEST_CASE("a mailbox gives its messages in order and ends after the last one when it is closed") {
    manual_environment env;
    mailbox<int> box(8);
    std::vector<int> seen;
    task_group tasks(env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(collect(box, seen));
    env.run_ready();
    CHECK(box.push(1) == delivery::queued);
    CHECK(box.push(2) == delivery::queued);
    box.close();
    CHECK(box.push(3) == delivery::closed);
    env.run(tasks.join());
    CHECK(seen == std::vector{1, 2});
}

TEST_CASE("a full mailbox says so and keeps what it has") {
    manual_environment env;
    mailbox<int> box(2);
    CHECK(box.push(1) == delivery::queued);
    CHECK(box.push(2) == delivery::queued);
    CHECK(box.push(3) == delivery::full);
    box.close();
    std::vector<int> seen;
    env.run(collect(box, seen));
    CHECK(seen == std::vector{1, 2});
}

TEST_CASE("a completion posted by another thread resumes the coroutine on its own thread") {
    manual_environment env;
    std::thread other;
    auto resumed_on = env.run([](manual_environment&, std::thread& t) -> task<std::thread::id> {
        co_await suspend<int>([&t](completion<int> done) {
            t = std::thread([done = std::move(done)]() mutable { done.post(1); });
        });
        co_return std::this_thread::get_id();
    }(env, other));
    other.join();
    CHECK(resumed_on == std::this_thread::get_id());
}

TEST_CASE("an exception that leaves a task reaches the group's error handler once") {
    manual_environment env;
    int errors = 0;
    task_group tasks(env.get_executor(), [&](std::exception_ptr) { ++errors; });
    tasks.spawn(fail());
    env.run(tasks.join());
    CHECK(errors == 1);
}

TEST_CASE("a task that is spawned on the loop's thread begins inside the call, elsewhere soon afterwards") {
    manual_environment env;
    std::vector<int> seen;
    mailbox<int> full(8);
    mailbox<int> later(8);
    task_group tasks(env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (auto* box : {&full, &later}) {
        CHECK(box->push(1) == delivery::queued);
        box->close();
    }
    boost::asio::post(env.get_executor(), [&] {
        tasks.spawn(collect(full, seen));
        CHECK(seen == std::vector{1});
    });
    env.run_ready();
    tasks.spawn(collect(later, seen));
    CHECK(seen.size() == 1);
    env.run(tasks.join());
    CHECK(seen.size() == 2);
}

TEST_CASE("a task that is spawned soon runs from then on, and begins after the call") {
    manual_environment env;
    std::vector<int> seen;
    mailbox<int> full(8);
    task_group tasks(env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    CHECK(full.push(1) == delivery::queued);
    full.close();
    boost::asio::post(env.get_executor(), [&] {
        tasks.spawn_soon(collect(full, seen));
        CHECK(seen.empty());
        CHECK(tasks.running() == 1);
    });
    env.run_ready();
    CHECK(seen == std::vector{1});
    CHECK(tasks.running() == 0);
}

TEST_CASE("whoever is in a group without a task is waited for until it leaves") {
    manual_environment env;
    task_group tasks(env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.enter();
    bool left = false;
    boost::asio::post(env.get_executor(), [&] {
        left = true;
        tasks.leave();
    });
    env.run(tasks.join());
    CHECK(left);
}

TEST_CASE("timers fire in the order of their due times, never early, and not once disarmed") {
    manual_environment env;
    std::string order;
    timer late(env);
    timer early(env);
    timer dropped(env);
    late.arm_after(milliseconds(20), [&] { order += 'b'; });
    early.arm_after(milliseconds(10), [&] { order += 'a'; });
    dropped.arm_after(milliseconds(15), [&] { order += 'x'; });
    dropped.disarm();
    env.advance(milliseconds(9));
    CHECK(order.empty());
    env.advance(milliseconds(1));
    CHECK(order == "a");
    env.advance(milliseconds(10));
    CHECK(order == "ab");
    CHECK_FALSE(late.armed());
}
