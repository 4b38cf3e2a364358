#include "persistence/sqlite/writer.hpp"

#include "persistence/log.hpp"
#include "persistence/sqlite/store_file.hpp"

#include <sqlite3.h>

#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

constexpr std::size_t most_queued_bytes = 256 << 20;

// A transaction's bounds: the first session in it waits for the last.
constexpr std::size_t most_sets = 512;
constexpr std::size_t most_bytes = 16 << 20;

commit_outcome refused(error_code why) {
    commit_outcome outcome;
    outcome.error = why;
    return outcome;
}

/// Whether a failed COMMIT may have reached the disk all the same.
bool is_uncertain(const failure& what) {
    int kind = what.code() & 0xff;
    return kind != SQLITE_BUSY && kind != SQLITE_LOCKED && kind != SQLITE_FULL && kind != SQLITE_READONLY;
}

} // namespace

writer::open_store::open_store(std::unique_ptr<connection> opened)
    : file(std::move(opened)),
      changes(*file),
      begin(*file, "begin immediate"),
      commit(*file, "commit"),
      rollback(*file, "rollback") {}

writer::writer(executor ex, std::string path, std::unique_ptr<connection> opened, std::size_t capacity,
               reopen around)
    : executor_(std::move(ex)),
      path_(std::move(path)),
      capacity_(capacity),
      reopen_(std::move(around)),
      store_(std::make_unique<open_store>(std::move(opened))),
      thread_([this] { run(); }) {}

writer::~writer() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    queued_.notify_one();
    thread_.join();
}

void writer::submit(pending commit) {
    if (auto refusal = enqueue(commit))
        commit->done.post(refused(*refusal));
    else
        queued_.notify_one();
}

/// Takes the change set unless there is a reason to refuse it.
std::optional<errc> writer::enqueue(pending& commit) {
    std::lock_guard lock(mutex_);
    if (closing_) return errc::closed;
    if (queue_.size() >= capacity_ || queued_bytes_ + commit->bytes > most_queued_bytes)
        return errc::unavailable;
    queued_bytes_ += commit->bytes;
    queue_.push_back(std::move(commit));
    return std::nullopt;
}

void writer::close(completion<int> ended) {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
        ended_ = std::move(ended);
    }
    queued_.notify_one();
}

void writer::run() {
    for (auto commits = take(); !commits.empty(); commits = take()) {
        auto outcomes = write(commits);
        deliver(std::move(commits), std::move(outcomes));
    }
    finish();
    std::lock_guard lock(mutex_);
    if (ended_) std::exchange(ended_, {}).post(0);
}

/// What is queued, up to a transaction's bounds; empty at the end.
writer::batch writer::take() {
    std::unique_lock lock(mutex_);
    queued_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    batch taken;
    std::size_t bytes = 0;
    while (!queue_.empty() && taken.size() < most_sets && bytes < most_bytes) {
        bytes += queue_.front()->bytes;
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    queued_bytes_ -= bytes;
    return taken;
}

void writer::deliver(batch commits, verdicts outcomes) {
    boost::asio::post(executor_, [commits = std::move(commits), outcomes = std::move(outcomes)] {
        for (std::size_t i = 0; i < commits.size(); ++i)
            commits[i]->done.resume(outcomes[i]);
    });
}

writer::verdicts writer::write(batch& commits) {
    if (!store_) recover();
    if (!store_) return verdicts(commits.size(), refused(errc::unavailable));
    verdicts outcomes;
    error_code problem;
    try {
        store_->begin.execute();
        outcomes = write_all(commits);
        problem = flush();
    } catch (const failure& broken) {
        report(broken, "write", path_);
        problem = errc::unavailable;
    }
    if (!problem) return outcomes;
    if (problem == errc::unknown_outcome || !roll_back()) recover();
    return verdicts(commits.size(), refused(problem));
}

writer::verdicts writer::write_all(batch& commits) {
    verdicts outcomes;
    outcomes.reserve(commits.size());
    for (auto& commit : commits)
        outcomes.push_back(write_one(*commit));
    return outcomes;
}

/// The failure of one change set is its own, unless SQLite has given up the whole transaction with it.
commit_outcome writer::write_one(pending_commit& commit) {
    try {
        return store_->changes.apply(commit.changes, commit.now);
    } catch (const failure& broken) {
        if (!store_->file->in_transaction()) throw;
        return refused(report(broken, "write", path_));
    }
}

error_code writer::flush() {
    try {
        store_->commit.execute();
        return {};
    } catch (const failure& broken) {
        report(broken, "commit", path_);
        return is_uncertain(broken) ? errc::unknown_outcome : errc::unavailable;
    }
}

bool writer::roll_back() noexcept {
    try {
        if (store_->file->in_transaction()) store_->rollback.execute();
        return true;
    } catch (const failure& broken) {
        report(broken, "rollback", path_);
        return false;
    }
}

void writer::recover() {
    store_.reset();
    bool back = reopen_([this] {
        auto opened = connect(path_);
        verify(*opened);
        // What the log holds may never have reached the disk: it is written again, into the file, and flushed
        // there.
        if (opened->single("pragma wal_checkpoint(truncate)") != "0")
            throw failure(SQLITE_BUSY, "another program keeps the log from being worked in");
        store_ = std::make_unique<open_store>(std::move(opened));
    });
    if (!back) store_.reset();
    log::warning(back ? "store_recovered" : "store_lost", {{"file", path_}});
}

void writer::finish() {
    if (!store_) return;
    try {
        mark_closed(*store_->file);
    } catch (const failure& broken) {
        report(broken, "close", path_);
    }
    store_.reset();
}

} // namespace rejoinder::persistence::sqlite
