#include "tests/bench/store_load.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <stdexcept>

namespace rejoinder::bench {
namespace {

using clock = std::chrono::steady_clock;
using namespace persistence;

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// JSON of a wanted size.
std::string text_of(std::size_t bytes) {
    std::string text = R"({"text":")";
    while (text.size() + 2 < bytes)
        text += "the quick brown fox "[text.size() % 20];
    return text + "\"}";
}

} // namespace

double cpu_of_this_process() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

turn_texts sample_texts() {
    return {text_of(850),        text_of(120), text_of(200), text_of(60), "[" + text_of(200) + "]",
            std::string(43, 'q')};
}

store_load::store_load(tests::real_environment& world, database& db, std::size_t sessions)
    : world_(world),
      db_(db),
      rows_(sessions),
      tasks_(world.env().get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }) {
    for (auto& row : rows_)
        tasks_.spawn(create(&row));
    world_.run(join_all());
}

load_result store_load::run(std::chrono::duration<double> how_long) {
    latencies_.clear();
    auto cpu = cpu_of_this_process();
    auto begun = clock::now();
    until_ = begun + std::chrono::duration_cast<clock::duration>(how_long);
    for (auto& row : rows_)
        tasks_.spawn(repeat(&row));
    world_.run(join_all(), std::chrono::seconds(60));
    std::chrono::duration<double> took = clock::now() - begun;

    load_result result;
    auto count = latencies_.size();
    std::ranges::sort(latencies_);
    result.commits = count;
    result.per_second = static_cast<double>(count) / took.count();
    result.p50_ms = latencies_[count / 2];
    result.p99_ms = latencies_[std::min(count - 1, count * 99 / 100)];
    result.cpu_us = (cpu_of_this_process() - cpu) * 1e6 / static_cast<double>(count);
    return result;
}

task<> store_load::join_all() {
    co_await tasks_.join();
}

task<> store_load::create(session_row* row) {
    auto number = std::to_string(row - rows_.data());
    row->id = {"bench-" + number};
    row->account = {"bench"};
    row->device = {"device-" + number};
    row->machine = "parrot";
    row->owner_generation = 1;
    row->expires = world_.env().utc_now() + std::chrono::hours(24);
    row->state = texts_.state;
    row->devices = texts_.devices;

    change_set changes;
    changes.now = world_.env().utc_now();
    changes.session.emplace();
    changes.session->row = *row;
    auto committing = db_.commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    if (!outcome.committed()) throw std::runtime_error("a session: " + outcome.error.message());
    row->key = outcome.session;
    row->revision = row->revision.next();
}

task<> store_load::repeat(session_row* row) {
    do {
        auto begun = clock::now();
        auto fence = session_fence{row->owner_generation, row->revision};
        ++row->head;
        row->log_bytes += texts_.events.size();

        change_set changes;
        changes.now = world_.env().utc_now();
        changes.session.emplace();
        auto& change = *changes.session;
        change.expected = fence;
        change.row = *row;
        change.append.emplace();
        auto& entry = *change.append;
        entry.first = entry.last = entry.number = row->head;
        entry.at = changes.now;
        entry.turn = {"turn-" + std::to_string(row->head)};
        entry.device = row->device;
        entry.status = "done";
        entry.digest = texts_.digest;
        entry.input = texts_.input;
        entry.outcome = texts_.outcome;
        entry.events = texts_.events;

        auto committing = db_.commit(std::move(changes));
        auto outcome = co_await std::move(committing);
        if (!outcome.committed()) throw std::runtime_error("a turn: " + outcome.error.message());
        row->revision = row->revision.next();
        latencies_.push_back(std::chrono::duration<double, std::milli>(clock::now() - begun).count());
    } while (clock::now() < until_);
}

} // namespace rejoinder::bench
