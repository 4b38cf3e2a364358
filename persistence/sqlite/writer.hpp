#pragma once

#include "persistence/backend/commit_queue.hpp"
#include "persistence/backend/retry.hpp"
#include "persistence/backend/verdict.hpp"
#include "persistence/database.hpp"
#include "persistence/sqlite/change_writer.hpp"
#include "persistence/sqlite/checkpoint_plan.hpp"
#include "persistence/sqlite/checkpointer.hpp"
#include "persistence/sqlite/purger.hpp"
#include "persistence/sqlite/store_file.hpp"
#include "persistence/sqlite/transplanter.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace rejoinder::persistence::sqlite {

/// Group commit without a timer: while one transaction is flushed the next change sets queue up, and whatever
/// is queued then is the next transaction. A transaction's verdicts go back in one post to each loop that
/// waits, in order.
///
/// A commit that fails is rolled back and its change sets are `unavailable`. After an error of input or
/// output during the commit itself nobody knows what the disk holds (a second flush may succeed with the data
/// gone), so the verdict is `unknown_outcome`, and before anybody hears it every connection is closed, the
/// file is recovered from its log as after a crash, verified and flushed. Until that has worked, with the
/// file that was opened and not with another one in its place, every commit is `unavailable` at once. A store
/// that is not usable is tried again as `retry` plans it, by a write.
///
/// The log is worked into the file beside the writer, as `checkpoint_plan` says. A pass that fails may have
/// cost pages of the file that are still in the log: as soon as the writer hears of it, which is before the
/// log can begin anew, all is closed and recovered in the same way. No verdict changes by that. Where there
/// is only no room for the file to grow, or no memory, nothing is lost, and the pass is made again later.
///
/// Memory that runs out while change sets are carried out fails those change sets. When there is none even to
/// hand verdicts over, the process ends: what nobody heard of was not shown.
class writer {
public:
    static constexpr bool completes_states = true; ///< reads and backups do

    /// Closes the store's other connections, runs the work, opens them again; false when that failed.
    using reopen = std::function<bool(const std::function<void()>&)>;

    /// Does two steps of a compaction, the second while the store's other connections are closed; false when
    /// it cannot be done now.
    using step = std::function<void()>;
    using compaction = std::function<bool(const step& rewrite, const step& empty_log)>;

    using pending = backend::commit_queue::pending;

    /// Takes the store's connection; its lock stays with the caller. Throws `failure` when there is none more
    /// for the passes.
    writer(environment& env, store_file opened, const queue_bounds& bounds, reopen around,
           const log_bounds& log = {});
    ~writer();

    /// Any thread. The change set always ends, on the loop of whoever waits for it: with its verdict, or
    /// refused.
    void submit(pending commit);

    /// The same for what goes through the whole store, each a transaction of its own.
    void transplant(transfer what, utc_time now, completion<backend::verdict> done);
    void purge(utc_time expired_before, std::size_t limit, utc_time now, completion<result<purged>> done);
    void compact(compaction around, completion<backend::verdict> done);
    void size(completion<result<std::uint64_t>> done);

    /// Any thread.
    store_health health() const noexcept { return health_.load(std::memory_order_relaxed); }

    /// Ends after the change sets that are queued: marks the store as properly closed, closes it, then tells
    /// `ended`. Later change sets are `closed`.
    void close(completion<int> ended);

private:
    using batch = backend::commit_queue::batch;
    using pending_commit = backend::pending_commit;

    struct open_store {
        open_store(std::unique_ptr<connection> opened, const std::string& path, const log_bounds& log,
                   std::function<void()> pass_failed);
        std::unique_ptr<connection> file; // closed last
        log_index index;
        session_table sessions;
        change_recorder feed;
        remover removals;
        change_writer changes;
        transplanter transplants;
        purger purges;
        statement begin;
        statement commit;
        statement rollback;
        checkpoint_plan plan;
        checkpointer passes;
    };

    void submit(std::unique_ptr<backend::chore> chore);

    // The writer's thread.
    void run() noexcept;
    void write(batch& commits);
    bool write_unguarded(batch& commits);
    commit_outcome write_guarded(pending_commit& commit);
    error_code transplant_now(const transfer& what, utc_time now);
    result<purged> purge_now(utc_time expired_before, std::size_t limit, utc_time now);
    error_code compact_now(const compaction& around);
    void try_store();
    template <class Work>
    error_code transact(Work work);
    void roll_back_noted();
    bool roll_back() noexcept;
    void recover() noexcept;
    void reopen_store();
    std::unique_ptr<open_store> make_store(std::unique_ptr<connection> opened);
    void tend_log();
    bool end_pass();
    void heed(const checkpointer::pass& ended);
    void finish_log();
    void log_failed(const failure& broken);
    void finish() noexcept;
    void settle(store_health now);
    void told(const failure& broken, std::string_view doing);

    executor executor_;
    std::string path_;
    file_identity file_;
    log_bounds log_bounds_;
    reopen reopen_;
    backend::commit_queue queue_;
    backend::retry retry_; // the session's thread
    std::atomic<store_health> health_ = store_health::usable;

    std::unique_ptr<open_store> store_; // none: the store is lost until it has been recovered
    int told_failure_ = 0;              // SQLite's code that the log has, zero since the store works
    int told_checkpoint_ = 0;           // the same for checkpoints
    completion<int> ended_;             // set before the queue is closed, used after its end
    std::thread thread_;
};

} // namespace rejoinder::persistence::sqlite
