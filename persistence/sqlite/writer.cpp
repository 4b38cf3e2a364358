#include "persistence/sqlite/writer.hpp"

#include "persistence/log.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

/// Whether a failed COMMIT may have reached the disk all the same.
bool is_uncertain(const failure& what) {
    int kind = what.code() & 0xff;
    return kind != SQLITE_BUSY && kind != SQLITE_LOCKED && kind != SQLITE_FULL && kind != SQLITE_READONLY;
}

} // namespace

writer::open_store::open_store(std::unique_ptr<connection> opened, const std::string& path,
                               const log_bounds& log, std::function<void()> pass_failed)
    : file(std::move(opened)),
      index(*file),
      sessions(*file, index),
      feed(*file),
      removals(*file, index, feed),
      changes(*file, sessions, index, removals, feed),
      transplants(*file, sessions, index, feed),
      purges(*file, removals),
      begin(*file, "begin immediate"),
      commit(*file, "commit"),
      rollback(*file, "rollback"),
      plan(log),
      passes(path, std::move(pass_failed)) {
    file->watch_log();
}

writer::writer(environment& env, store_file opened, const queue_bounds& bounds, reopen around,
               const log_bounds& log)
    : executor_(env.get_executor()),
      path_(std::move(opened.path)),
      file_(opened.file),
      log_bounds_(log),
      reopen_(std::move(around)),
      queue_(bounds),
      retry_(env, [this] { queue_.wake(); }),
      store_(make_store(std::move(opened.writer))),
      thread_([this] { run(); }) {}

writer::~writer() {
    queue_.close();
    thread_.join();
}

void writer::submit(pending commit) {
    if (auto refusal = queue_.push(commit)) commit->done.post(commit_outcome::refused(*refusal));
}

void writer::submit(std::unique_ptr<backend::chore> chore) {
    if (auto refusal = queue_.push(chore)) chore->refuse(*refusal);
}

void writer::transplant(transfer what, utc_time now, completion<backend::verdict> done) {
    auto work = [this, what = std::move(what), now] {
        return backend::to_verdict(transplant_now(what, now));
    };
    submit(backend::make_chore<backend::verdict>(std::move(work), std::move(done)));
}

void writer::purge(utc_time expired_before, std::size_t limit, utc_time now,
                   completion<result<purged>> done) {
    auto work = [this, expired_before, limit, now] { return purge_now(expired_before, limit, now); };
    submit(backend::make_chore<result<purged>>(work, std::move(done)));
}

void writer::compact(compaction around, completion<backend::verdict> done) {
    auto work = [this, around = std::move(around)] { return backend::to_verdict(compact_now(around)); };
    submit(backend::make_chore<backend::verdict>(std::move(work), std::move(done)));
}

void writer::size(completion<result<std::uint64_t>> done) {
    auto work = [this]() -> result<std::uint64_t> { return size_on_disk(path_); };
    submit(backend::make_chore<result<std::uint64_t>>(work, std::move(done)));
}

void writer::close(completion<int> ended) {
    retry_.stop();
    ended_ = std::move(ended);
    queue_.close();
}

void writer::run() noexcept {
    for (;;) {
        auto work = queue_.take();
        if (work.is_end()) break;
        if (!work.commits.empty()) {
            write(work.commits);
            backend::deliver(std::move(work.commits));
        }
        if (work.chore) work.chore->run();
        if (work.woken) try_store();
        tend_log();
    }
    finish();
    if (ended_) std::exchange(ended_, {}).post(0);
}

/// Runs the work in a transaction of its own; the work tells whether it has written anything, as only that
/// shows that the store is usable. When it fails nothing of it is left, but for an error that says
/// `unknown_outcome`.
template <class Work>
error_code writer::transact(Work work) {
    if (!store_) return errc::unavailable;
    bool committing = false;
    bool uncertain = false;
    auto now = health();
    try {
        if (store_->file->has_moved()) throw failure(SQLITE_READONLY_DBMOVED, "the file is gone");
        store_->begin.execute();
        bool has_written = work();
        store_->feed.write_noted();
        committing = true;
        store_->commit.execute();
        if (has_written) settle(store_health::usable);
        return {};
    } catch (const failure& broken) {
        told(broken, committing ? "commit" : "write");
        uncertain = committing && is_uncertain(broken);
        now = broken.consequence();
    } catch (const std::exception& defect) {
        log::error("transaction_failed", {{"what", defect.what()}, {"file", path_}});
        uncertain = committing;
    }
    if (uncertain || !roll_back()) now = store_health::lost;
    settle(now);
    if (now == store_health::lost) recover();
    return uncertain ? errc::unknown_outcome : errc::unavailable;
}

/// Hardly any change set fails in its middle, so none pays for being undone by itself; when one does, all of
/// them are written once more with that.
void writer::write(batch& commits) {
    auto problem = transact([&] {
        if (!write_unguarded(commits)) {
            roll_back_noted();
            store_->begin.execute();
            for (auto& one : commits)
                one->outcome = write_guarded(*one);
        }
        return std::ranges::any_of(commits, [](const auto& one) { return one->outcome.committed(); });
    });
    if (problem) backend::refuse(commits, problem);
}

bool writer::write_unguarded(batch& commits) {
    try {
        for (auto& one : commits)
            one->outcome = store_->changes.apply(one->changes, one->now, change_writer::savepoint::without);
        store_->feed.write_noted();
        return true;
    } catch (const std::exception&) {
        return false; // whoever fails again with a savepoint is told of
    }
}

/// The failure of one change set is its own, unless SQLite has given up the whole transaction with it.
commit_outcome writer::write_guarded(pending_commit& commit) {
    try {
        return store_->changes.apply(commit.changes, commit.now, change_writer::savepoint::with);
    } catch (const failure& broken) {
        if (!store_->file->in_transaction()) throw;
        told(broken, "write");
        return commit_outcome::refused(broken.meaning());
    } catch (const std::exception& defect) {
        if (!store_->file->in_transaction()) throw;
        log::error("change_set_failed", {{"what", defect.what()}});
        return commit_outcome::refused(errc::unavailable);
    }
}

error_code writer::transplant_now(const transfer& what, utc_time now) {
    error_code verdict;
    auto problem = transact([&] {
        verdict = store_->transplants.put(what, now);
        return !verdict;
    });
    return problem ? problem : verdict;
}

result<purged> writer::purge_now(utc_time expired_before, std::size_t limit, utc_time now) {
    purged gone;
    auto problem = transact([&] {
        gone = store_->purges.purge(expired_before, limit, now);
        return gone.records > 0 || gone.sessions > 0;
    });
    if (problem) return problem;
    return gone;
}

/// What fails leaves the store as it was or, once it was written anew, in need of another attempt: there may
/// be something left in its log.
error_code writer::compact_now(const compaction& around) {
    if (!store_ || !end_pass()) return errc::unavailable;
    auto problem = transact([this] {
        store_->feed.forget_removals();
        return true;
    });
    if (problem) return problem;
    std::optional<failure> broken;
    bool others_are_back = true;
    bool possible = false;
    try {
        if (store_->file->has_moved()) throw failure(SQLITE_READONLY_DBMOVED, "the file is gone");
        possible = around([&] { store_->file->rewrite(); },
                          [&] {
                              try {
                                  store_->file->empty_log();
                              } catch (const failure& what) {
                                  broken = what; // the others are opened again all the same
                              }
                              others_are_back = false;
                          });
        others_are_back = others_are_back || possible;
        if (possible && !broken) remove_old_copies(path_);
    } catch (const failure& what) {
        broken = what;
    }
    if (broken) report(*broken, "compact", path_);
    if (!others_are_back || (broken && broken->consequence() == store_health::lost)) {
        settle(store_health::lost);
        recover();
    }
    return possible && !broken ? error_code() : errc::unavailable;
}

/// Only a write shows that there is room and the right to write.
void writer::try_store() {
    if (health() == store_health::usable) return;
    if (!store_) recover();
    if (!store_) return;
    transact([this] {
        try_writing(*store_->file);
        return true;
    });
}

void writer::roll_back_noted() {
    store_->feed.forget_noted();
    if (store_->file->in_transaction()) store_->rollback.execute();
}

bool writer::roll_back() noexcept {
    try {
        roll_back_noted();
        return true;
    } catch (const std::exception&) {
        return false; // the store is reopened, which says why if it fails too
    }
}

void writer::recover() noexcept {
    if (store_) store_->file->leave_log();
    store_.reset();
    bool back = false;
    try {
        back = reopen_([this] { reopen_store(); });
    } catch (const std::exception& defect) {
        log::error("store_reopening_failed", {{"what", defect.what()}, {"file", path_}});
    }
    if (!back) store_.reset();
    settle(back ? store_health::usable : store_health::lost);
}

void writer::reopen_store() {
    try {
        // A copy of the store in its place, a backup say, would take back what clients were shown.
        if (file_.is_elsewhere(path_))
            throw failure(SQLITE_MISMATCH, "another file has taken the store's place; restart to use it");
        store_ = make_store(connect_anew(path_));
    } catch (const failure& broken) {
        told(broken, "reopen");
        throw;
    }
}

std::unique_ptr<writer::open_store> writer::make_store(std::unique_ptr<connection> opened) {
    return std::make_unique<open_store>(std::move(opened), path_, log_bounds_, [this] { queue_.wake(); });
}

/// Between two transactions, so that nobody's verdict waits for it.
void writer::tend_log() {
    if (!store_) return;
    try {
        auto& plan = store_->plan;
        plan.stands(store_->file->log());
        if (auto ended = store_->passes.take()) heed(*ended);
        switch (plan.next()) {
        case checkpoint_plan::step::nothing:
            break;
        case checkpoint_plan::step::pass:
            plan.pass_began();
            store_->passes.begin();
            break;
        case checkpoint_plan::step::finish:
            if (end_pass()) finish_log();
        }
    } catch (const failure& broken) {
        log_failed(broken);
    }
}

/// Waits for the pass that is under way. False when the store had to be recovered after it.
bool writer::end_pass() {
    try {
        if (auto ended = store_->passes.wait()) heed(*ended);
        return true;
    } catch (const failure& broken) {
        log_failed(broken);
        return broken.consequence() != store_health::lost;
    }
}

void writer::heed(const checkpointer::pass& ended) {
    if (ended.code != SQLITE_OK) {
        store_->plan.pass_failed();
        throw failure(ended.code, sqlite3_errstr(ended.code));
    }
    if (store_->plan.pass_ended(ended.done)) told_checkpoint_ = 0;
}

/// Nobody commits meanwhile, so that SQLite itself flushes what reaches the log's end.
void writer::finish_log() {
    store_->plan.finish_began();
    auto log = store_->file->checkpoint();
    if (log.done < log.pages) store_->file->flush();
    if (store_->plan.finish_ended(log.done)) told_checkpoint_ = 0;
}

/// What has failed for want of room or memory is left to the next time: the log still holds everything.
void writer::log_failed(const failure& broken) {
    if (std::exchange(told_checkpoint_, broken.code()) != broken.code()) report(broken, "checkpoint", path_);
    if (broken.consequence() != store_health::lost) return;
    settle(store_health::lost);
    recover();
}

/// What the last pass has to tell comes first: a store that closes well leaves no log.
void writer::finish() noexcept {
    if (store_) end_pass();
    if (!store_) return;
    try {
        mark_closed(*store_->file);
    } catch (const failure& broken) {
        report(broken, "close", path_);
    }
    store_.reset();
}

void writer::settle(store_health now) {
    auto before = health_.exchange(now, std::memory_order_relaxed);
    if (now == store_health::usable) told_failure_ = 0;
    if (now != before)
        log::warning(now == store_health::usable ? "store_recovered" : "store_unusable",
                     {{"why", to_string(now)}, {"file", path_}});
    if (now == before && now == store_health::usable) return;
    boost::asio::post(executor_, [this] {
        if (health() == store_health::usable)
            retry_.worked();
        else
            retry_.failed();
    });
}

/// Logs a failure that comes again and again only once.
void writer::told(const failure& broken, std::string_view doing) {
    if (std::exchange(told_failure_, broken.code()) != broken.code()) report(broken, doing, path_);
}

} // namespace rejoinder::persistence::sqlite
