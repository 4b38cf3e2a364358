#include "service/load/race.hpp"

#include "service/load/process_usage.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>

#include <algorithm>
#include <utility>

namespace rejoinder::service::load {
namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point then) {
    return std::chrono::duration<double>(clock::now() - then).count();
}

double milliseconds_since(clock::time_point then) {
    return seconds_since(then) * 1000;
}

} // namespace

race::race(boost::asio::io_context& context, environment& env, pid_t server)
    : context_(context),
      env_(env),
      server_(server),
      tasks_(env.get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }) {}

double race::begin(std::size_t at_a_time) {
    auto started = clock::now();
    std::size_t next = 0;
    for (std::size_t i = 0; i < std::min(at_a_time, contenders_.size()); ++i)
        tasks_.spawn(begin_next(&next));
    run();
    auto took = seconds_since(started);
    note_failures();
    return std::max(0.001, took);
}

measurement race::loop(milliseconds duration) {
    auto until = clock::now() + duration;
    return measure([&](entry* one) { tasks_.spawn(go_on(one, [until] { return clock::now() < until; })); });
}

measurement race::take(std::size_t turns_of_each) {
    return measure([&](entry* one) {
        tasks_.spawn(go_on(one, [left = turns_of_each]() mutable { return left-- > 0; }));
    });
}

offered race::offer(double turns_per_second, milliseconds duration) {
    offered result;
    std::chrono::duration<double> pause(static_cast<double>(contenders_.size()) / turns_per_second);
    auto mean = std::chrono::duration_cast<std::chrono::nanoseconds>(pause);
    auto begun = clock::now();
    std::uint32_t seed = 0;
    result.turns = measure([&](entry* one) {
        tasks_.spawn(offer_one(one, arrivals(mean, ++seed), begun, begun + duration, &result));
    });
    return result;
}

storm race::come_back(milliseconds limit) {
    storm result;
    auto begun = clock::now();
    auto wanted = contenders_.size();
    latencies_.clear(); // when each had its welcome, here
    for (auto& one : contenders_)
        tasks_.spawn(come_back_one(&one, begun + limit, &result));
    run();
    result.answered_seconds = seconds_since(begun);
    for (auto welcome : latencies_)
        result.welcome_seconds = std::max(result.welcome_seconds, welcome);
    note_failures();
    result.count = contenders_.size();
    result.failures = wanted - result.count;
    return result;
}

void race::end() {
    for (auto& one : contenders_)
        tasks_.spawn(one.who->end());
    run();
}

std::vector<std::string> race::remarks(const std::string& what, std::size_t wanted) const {
    std::vector<std::string> made;
    if (failures_ > 0)
        made.push_back(std::to_string(failures_) + " of " + std::to_string(wanted) + " " + what +
                       " failed: " + first_failure_);
    auto floods = floods_of_dropped_;
    for (const auto& one : contenders_)
        floods += one.who->floods();
    if (floods > 0)
        made.push_back("the server limits how many messages a connection may send, so the figures show its "
                       "limit; start it with --set limits.messages-per-second=1e9");
    return made;
}

task<> race::begin_one(entry* one) {
    one->failure = co_await one->who->begin();
}

task<> race::begin_next(std::size_t* next) {
    while (*next < contenders_.size())
        co_await begin_one(&contenders_[(*next)++]);
}

task<> race::go_on(entry* one, std::function<bool()> wants_more) {
    while (wants_more()) {
        auto sent = clock::now();
        one->failure = co_await one->who->step();
        if (!one->failure.empty()) co_return;
        latencies_.push_back(milliseconds_since(sent));
    }
}

task<> race::offer_one(entry* one, arrivals due, clock::time_point begun, clock::time_point until,
                       offered* result) {
    for (auto moment = begun + due.next(); moment < until; moment = begun + due.next()) {
        ++result->due;
        if (!one->failure.empty() || clock::now() >= until) {
            ++result->missed;
            continue;
        }
        if (clock::now() < moment) co_await wait_until(moment);
        one->failure = co_await one->who->step();
        if (one->failure.empty()) latencies_.push_back(milliseconds_since(moment));
    }
}

/// Each tries again after a while of its own, so that those that were refused together don't come together.
task<> race::come_back_one(entry* one, clock::time_point until, storm* result) {
    auto begun = clock::now();
    one->failure = co_await one->who->begin();
    while (!one->failure.empty() && clock::now() < until) {
        ++result->refusals;
        co_await one->who->end();
        milliseconds pause(20 + env_.random_number() % 80);
        co_await wait_until(clock::now() + pause);
        one->failure = co_await one->who->begin();
    }
    if (!one->failure.empty()) co_return;
    latencies_.push_back(seconds_since(begun));
    one->failure = co_await one->who->step();
}

task<> race::wait_until(clock::time_point moment) {
    // The environment's alarms keep to whole milliseconds, on which the turns of many clients would meet.
    boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, executor> alarm(
        env_.get_executor(), moment);
    co_await alarm.async_wait(boost::asio::as_tuple(use_task));
}

/// Lets `spawn` begin something with each, and waits for the end of all.
template <class Spawn>
measurement race::measure(Spawn spawn) {
    latencies_.clear();
    auto before = read_usage(server_);
    auto started = clock::now();
    for (auto& one : contenders_)
        spawn(&one);
    run();
    auto elapsed = seconds_since(started);
    auto after = read_usage(server_);
    note_failures();
    auto m = summarise(latencies_, elapsed, after.cpu_seconds - before.cpu_seconds);
    m.failures = failures_;
    return m;
}

/// Takes those out that have failed.
void race::note_failures() {
    for (auto& one : contenders_) {
        if (one.failure.empty()) continue;
        if (failures_++ == 0) first_failure_ = one.failure;
        floods_of_dropped_ += one.who->floods();
        tasks_.spawn(one.who->end());
    }
    run();
    std::erase_if(contenders_, [](const entry& one) { return !one.failure.empty(); });
}

void race::run() {
    // Open connections keep the context busy for ever: what counts is that the tasks have ended.
    context_.restart();
    while (tasks_.running() > 0)
        context_.run_one();
}

} // namespace rejoinder::service::load
