#include "persistence/system_environment.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace rejoinder;

namespace {

struct system_clock_and_timers {
    boost::asio::io_context context{1};
    std::unique_ptr<environment> env = make_system_environment(context);
};

} // namespace

TEST_CASE("a real timer fires when its time has come and not before") {
    system_clock_and_timers real;
    timer alarm(*real.env);
    auto armed = real.env->steady_now();
    steady_time fired{};
    alarm.arm_after(milliseconds(5), [&] { fired = real.env->steady_now(); });
    CHECK(alarm.armed());
    real.context.run();
    CHECK(fired - armed >= milliseconds(5));
    CHECK_FALSE(alarm.armed());
}

TEST_CASE("a moment has not come before the clock shows it, and comes soon after") {
    system_clock_and_timers real;
    for (int i = 0; i < 20; ++i) {
        auto due = real.env->steady_now() + milliseconds(1);
        CHECK(real.env->has_come(steady_time::min()));
        CHECK_FALSE(real.env->has_come(due + seconds(60)));
        while (!real.env->has_come(due)) {
        }
        CHECK(std::chrono::steady_clock::now() >= due);
    }
}

TEST_CASE("real timers fire in the order of their times, whatever the order of arming") {
    system_clock_and_timers real;
    std::string order;
    timer first(*real.env);
    timer second(*real.env);
    timer third(*real.env);
    third.arm_after(milliseconds(6), [&] { order += '3'; });
    first.arm_after(milliseconds(1), [&] { order += '1'; });
    second.arm_after(milliseconds(3), [&] { order += '2'; });
    real.context.run();
    CHECK(order == "123");
}

TEST_CASE("a real timer that was disarmed or moved does not fire at its old time") {
    system_clock_and_timers real;
    std::string order;
    timer dropped(*real.env);
    timer moved(*real.env);
    timer fixed(*real.env);
    dropped.arm_after(milliseconds(1), [&] { order += 'x'; });
    moved.arm_after(milliseconds(1), [&] { order += 'x'; });
    moved.arm_after(milliseconds(5), [&] { order += 'm'; });
    fixed.arm_after(milliseconds(3), [&] { order += 'f'; });
    dropped.disarm();
    real.context.run();
    CHECK(order == "fm");
}

TEST_CASE("a callback may arm its own timer again and destroy another one") {
    system_clock_and_timers real;
    int fired = 0;
    auto victim = std::make_unique<timer>(*real.env);
    // Behind the other one on a slow machine, too.
    victim->arm_after(milliseconds(250), [&] { fired += 100; });
    timer again(*real.env);
    again.arm_after(milliseconds(1), [&] {
        ++fired;
        victim.reset();
        again.arm_after(milliseconds(3), [&] { ++fired; });
    });
    real.context.run();
    CHECK(fired == 2);
}

TEST_CASE("nothing keeps the event loop running once all timers are disarmed") {
    system_clock_and_timers real;
    timer alarm(*real.env);
    alarm.arm_after(std::chrono::hours(1), [] {});
    alarm.disarm();
    real.context.run();
    CHECK_FALSE(alarm.armed());
}

TEST_CASE("the system's random numbers do not repeat") {
    system_clock_and_timers real;
    CHECK(real.env->random_number() != real.env->random_number());
}
