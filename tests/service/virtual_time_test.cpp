#include "service/replay/virtual_time.hpp"

#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/replay/robot_stage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/source_folder.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace {

struct world {
    boost::asio::io_context loop{1};
    std::unique_ptr<environment> real = make_system_environment(loop);
    virtual_time time{*real, loop};

    void run(task<> work) {
        task_group tasks(loop.get_executor(),
                         [](std::exception_ptr error) { std::rethrow_exception(error); });
        tasks.spawn(std::move(work));
        time.run();
    }
};

task<> pass_days(environment* env, int days, std::vector<std::string>* said) {
    for (int day = 1; day <= days; ++day) {
        auto passing = pass_time(env, std::chrono::hours(24));
        co_await std::move(passing);
        said->push_back("day " + std::to_string(day));
    }
}

} // namespace

TEST_CASE("in virtual time days pass as soon as nothing else is to be done, and in their order") {
    world w;
    auto began = w.time.utc_now();
    std::vector<std::string> said;
    timer noon(w.time);
    noon.arm_after(std::chrono::hours(36), [&said] { said.emplace_back("noon"); });
    w.run(pass_days(&w.time, 3, &said));
    CHECK(said == std::vector<std::string>{"day 1", "noon", "day 2", "day 3"});
    CHECK(w.time.elapsed() == std::chrono::hours(72));
    CHECK(w.time.utc_now() - began == std::chrono::hours(72));
    CHECK(w.time.has_come(w.time.steady_now()));
    CHECK_FALSE(w.time.has_come(w.time.steady_now() + milliseconds(1)));
}

TEST_CASE("a timer that was disarmed holds virtual time up no more than any other") {
    world w;
    bool rang = false;
    timer alarm(w.time);
    alarm.arm_after(std::chrono::hours(1), [&rang] { rang = true; });
    alarm.disarm();
    w.time.run();
    CHECK_FALSE(rang);
    CHECK(w.time.elapsed() == milliseconds(0));
}

namespace {

task<> play(environment* env, robot_stage* stage, recording what, replay_report* into) {
    replay_options options;
    options.dial = stage->dial();
    auto playing = run_replay(*env, std::move(what), std::move(options));
    *into = co_await std::move(playing);
    co_await stage->close();
}

} // namespace

TEST_CASE("a robot's recording is played in virtual time as it was recorded, and nothing is left to do") {
    world w;
    std::vector<std::string> problems;
    auto machines = load_machines(source_folder() + "/samples/machines", problems);
    auto loaded = load_recording(source_folder() + "/samples/recordings/first-meeting.ndjson");
    REQUIRE(std::holds_alternative<recording>(loaded));
    robot_stage stage(w.time, std::move(machines), {}, even_draws::usual_seed);
    replay_report report;
    w.run(play(&w.time, &stage, std::get<recording>(std::move(loaded)), &report));
    CHECK(report.passed());
    CHECK_FALSE(report.verdicts.empty());
    CHECK(w.time.elapsed() > seconds(1));
}
