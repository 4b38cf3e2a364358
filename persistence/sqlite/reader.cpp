#include "persistence/sqlite/reader.hpp"

#include "persistence/log.hpp"
#include "persistence/sqlite/store_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

// Answers that wait together for the session's thread.
constexpr std::size_t most_bytes = 4 << 20;

constexpr std::size_t most_threads = 16;

} // namespace

reader::open_store::open_store(const std::string& path) : file(connect(path)), reads(*file) {}

reader::reader(executor ex, std::string path, std::size_t capacity, std::size_t threads)
    : executor_(std::move(ex)),
      path_(std::move(path)),
      capacity_(capacity),
      lanes_(std::clamp<std::size_t>(threads, 1, most_threads)) {}

reader::~reader() {
    {
        std::lock_guard lock(queue_mutex_);
        closing_ = true;
    }
    queued_.notify_all();
    for (auto& each : lanes_)
        if (each.thread.joinable()) each.thread.join();
}

void reader::start() {
    for (auto& each : lanes_)
        each.store = std::make_unique<open_store>(path_);
    running_ = lanes_.size();
    for (auto& each : lanes_)
        each.thread = std::thread([this, &each] { run(each); });
}

void reader::submit(std::unique_ptr<pending_read> read) {
    if (auto refusal = enqueue(read)) {
        read->refuse(*refusal);
        read->post();
    } else {
        queued_.notify_one();
    }
}

/// Takes the read unless there is a reason to refuse it.
std::optional<errc> reader::enqueue(std::unique_ptr<pending_read>& read) {
    std::lock_guard lock(queue_mutex_);
    if (closing_) return errc::closed;
    if (queue_.size() >= capacity_) return errc::unavailable;
    queue_.push_back(std::move(read));
    return std::nullopt;
}

bool reader::reopen_around(const std::function<void()>& work) {
    std::vector<std::unique_lock<std::mutex>> locks;
    locks.reserve(lanes_.size());
    for (auto& each : lanes_) {
        locks.emplace_back(each.mutex);
        each.store.reset();
    }
    try {
        work();
    } catch (const failure&) {
        return false; // who does the work says why
    }
    bool reopened = true;
    for (auto& each : lanes_) {
        try {
            if (!each.has_ended) each.store = std::make_unique<open_store>(path_);
        } catch (const failure& broken) {
            told(each, broken);
            reopened = false;
        }
    }
    return reopened;
}

void reader::close(completion<int> ended) {
    {
        std::lock_guard lock(queue_mutex_);
        closing_ = true;
        ended_ = std::move(ended);
    }
    queued_.notify_all();
}

void reader::run(lane& on) noexcept {
    for (auto reads = take(); !reads.empty(); reads = take())
        answer(on, std::move(reads));
    {
        std::lock_guard lock(on.mutex);
        on.store.reset();
        on.has_ended = true;
    }
    std::lock_guard lock(queue_mutex_);
    if (--running_ == 0 && ended_) std::exchange(ended_, {}).post(0);
}

/// A share of what is queued, so that the other threads have something to do too; empty at the end.
reader::batch reader::take() {
    std::unique_lock lock(queue_mutex_);
    queued_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    auto share = (queue_.size() + lanes_.size() - 1) / lanes_.size();
    batch taken;
    taken.reserve(share);
    for (; share > 0; --share) {
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return taken;
}

void reader::answer(lane& on, batch reads) {
    std::lock_guard lock(on.mutex);
    bool readable = begin(on);
    batch answered;
    std::size_t bytes = 0;
    for (auto& read : reads) {
        if (readable) answer_one(on, *read); // otherwise it says `unavailable` by itself
        bytes += read->bytes();
        answered.push_back(std::move(read));
        if (bytes < most_bytes) continue;
        deliver(std::exchange(answered, {}));
        bytes = 0;
    }
    if (!answered.empty()) deliver(std::move(answered));
    if (readable) end(on);
}

void reader::answer_one(lane& on, pending_read& read) {
    try {
        read.run(on.store->reads);
        on.told_failure = 0;
    } catch (const failure& broken) {
        read.refuse(told(on, broken));
    } catch (const std::exception& defect) {
        log::error("read_failed", {{"what", defect.what()}});
        read.refuse(errc::unavailable);
    }
}

bool reader::begin(lane& on) noexcept {
    try {
        if (on.store) on.store->reads.begin();
        return on.store != nullptr;
    } catch (const failure& broken) {
        told(on, broken);
        return false;
    }
}

void reader::end(lane& on) noexcept {
    try {
        on.store->reads.end();
    } catch (const failure& broken) {
        told(on, broken);
        sqlite3_exec(on.store->file->native(), "rollback", nullptr, nullptr, nullptr);
    }
}

/// Logs a failure that comes again and again only once.
errc reader::told(lane& on, const failure& broken) {
    if (std::exchange(on.told_failure, broken.code()) != broken.code()) report(broken, "read", path_);
    return broken.meaning();
}

void reader::deliver(batch reads) {
    boost::asio::post(executor_, [reads = std::move(reads)] {
        for (const auto& read : reads)
            read->resume();
    });
}

} // namespace rejoinder::persistence::sqlite
