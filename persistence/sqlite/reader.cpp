#include "persistence/sqlite/reader.hpp"

#include "persistence/sqlite/store_file.hpp"

#include <utility>

namespace rejoinder::persistence::sqlite {

reader::open_store::open_store(const std::string& path) : file(connect(path)), reads(*file) {}

reader::reader(executor ex, std::string path, std::size_t capacity)
    : executor_(std::move(ex)), path_(std::move(path)), capacity_(capacity) {}

reader::~reader() {
    {
        std::lock_guard lock(queue_mutex_);
        closing_ = true;
    }
    queued_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void reader::start() {
    store_ = std::make_unique<open_store>(path_);
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
        store_ = std::make_unique<open_store>(path_);
        return true;
    } catch (const failure& broken) {
        report(broken, "reopen", path_);
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

void reader::run() {
    for (auto reads = take(); !reads.empty(); reads = take()) {
        answer(reads);
        deliver(std::move(reads));
    }
    {
        std::lock_guard lock(store_mutex_);
        store_.reset();
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

void reader::answer(batch& reads) {
    std::lock_guard lock(store_mutex_);
    if (!store_) return; // every read says `unavailable` by itself
    try {
        store_->reads.begin();
        for (auto& read : reads)
            answer_one(*read);
        store_->reads.end();
    } catch (const failure& broken) {
        report(broken, "read", path_);
        if (store_->file->in_transaction()) store_->file->execute("rollback");
    }
}

void reader::answer_one(pending_read& read) {
    try {
        read.run(store_->reads);
    } catch (const failure& broken) {
        read.refuse(report(broken, "read", path_));
    }
}

void reader::deliver(batch reads) {
    boost::asio::post(executor_, [reads = std::move(reads)] {
        for (const auto& read : reads)
            read->resume();
    });
}

} // namespace rejoinder::persistence::sqlite
