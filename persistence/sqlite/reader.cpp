#include "persistence/sqlite/reader.hpp"

#include "persistence/log.hpp"
#include "persistence/sqlite/store_file.hpp"

#include <sqlite3.h>

#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

// Answers that wait together for the session's thread.
constexpr std::size_t most_bytes = 4 << 20;

} // namespace

reader::open_store::open_store(const std::string& path, std::size_t most_read_bytes)
    : file(connect(path)), reads(*file, most_read_bytes) {}

reader::reader(executor ex, std::string path, std::size_t capacity, std::size_t most_read_bytes)
    : executor_(std::move(ex)),
      path_(std::move(path)),
      capacity_(capacity),
      most_read_bytes_(most_read_bytes) {}

reader::~reader() {
    {
        std::lock_guard lock(queue_mutex_);
        closing_ = true;
    }
    queued_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void reader::start() {
    store_ = std::make_unique<open_store>(path_, most_read_bytes_);
    thread_ = std::thread([this] { run(); });
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
    std::lock_guard lock(store_mutex_);
    store_.reset();
    try {
        work();
    } catch (const failure&) {
        return false; // who does the work says why
    }
    try {
        if (!has_ended_) store_ = std::make_unique<open_store>(path_, most_read_bytes_);
        return true;
    } catch (const failure& broken) {
        told(broken);
        return false;
    }
}

void reader::close(completion<int> ended) {
    {
        std::lock_guard lock(queue_mutex_);
        closing_ = true;
        ended_ = std::move(ended);
    }
    queued_.notify_one();
}

void reader::run() noexcept {
    for (auto reads = take(); !reads.empty(); reads = take())
        answer(std::move(reads));
    {
        std::lock_guard lock(store_mutex_);
        store_.reset();
        has_ended_ = true;
    }
    std::lock_guard lock(queue_mutex_);
    if (ended_) std::exchange(ended_, {}).post(0);
}

/// Everything that is queued; empty at the end.
reader::batch reader::take() {
    std::unique_lock lock(queue_mutex_);
    queued_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    return std::exchange(queue_, {});
}

void reader::answer(batch reads) {
    std::lock_guard lock(store_mutex_);
    bool readable = begin();
    batch answered;
    std::size_t bytes = 0;
    for (auto& read : reads) {
        if (readable) answer_one(*read); // otherwise it says `unavailable` by itself
        bytes += read->bytes();
        answered.push_back(std::move(read));
        if (bytes < most_bytes) continue;
        deliver(std::exchange(answered, {}));
        bytes = 0;
    }
    if (!answered.empty()) deliver(std::move(answered));
    if (readable) end();
}

void reader::answer_one(pending_read& read) {
    try {
        read.run(store_->reads);
        told_failure_ = 0;
    } catch (const failure& broken) {
        read.refuse(told(broken));
    } catch (const std::exception& defect) {
        log::error("read_failed", {{"what", defect.what()}});
        read.refuse(errc::unavailable);
    }
}

bool reader::begin() noexcept {
    try {
        if (store_) store_->reads.begin();
        return store_ != nullptr;
    } catch (const failure& broken) {
        told(broken);
        return false;
    }
}

void reader::end() noexcept {
    try {
        store_->reads.end();
    } catch (const failure& broken) {
        told(broken);
        sqlite3_exec(store_->file->native(), "rollback", nullptr, nullptr, nullptr);
    }
}

/// Logs a failure that comes again and again only once.
errc reader::told(const failure& broken) {
    if (std::exchange(told_failure_, broken.code()) != broken.code()) report(broken, "read", path_);
    return broken.meaning();
}

void reader::deliver(batch reads) {
    boost::asio::post(executor_, [reads = std::move(reads)] {
        for (const auto& read : reads)
            read->resume();
    });
}

} // namespace rejoinder::persistence::sqlite
