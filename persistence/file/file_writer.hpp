#pragma once

#include "persistence/backend/commit_queue.hpp"
#include "persistence/backend/pending_read.hpp"
#include "persistence/backend/retry.hpp"
#include "persistence/backend/verdict.hpp"
#include "persistence/file/store.hpp"
#include "persistence/store_health.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace rejoinder::persistence::file {

using pending_read = backend::pending_read<const memory_tables>;

/// The thread that owns a file store. What is queued while the journal is being flushed is its next batch:
/// every change set is tried on the tables, those that are committed go into the journal together, and their
/// verdicts go back when it is on the disk. Reads come after the flush, so nobody reads what could still be
/// lost.
///
/// When a flush fails the tables are ahead of the disk: they are dropped, the journal is cut back to what was
/// flushed before, and the store is opened again from its files. The batch is `unavailable` when that has
/// worked and `unknown_outcome` otherwise; until it has worked everything is `unavailable`, and it is tried
/// again as `retry` plans it. A second thread makes the snapshots of new generations, one at a time; what
/// goes through the whole store begins one and goes on behind its snapshot, so that commits go on.
class file_writer {
public:
    /// The folder outlives the writer.
    file_writer(environment& env, disk& folder, std::string path, std::unique_ptr<store> opened,
                const queue_bounds& bounds, const size_bounds& sizes);
    ~file_writer();

    /// From the session's thread. What is submitted always ends: with its answer, or refused.
    void submit(backend::commit_queue::pending commit);
    void submit(std::unique_ptr<pending_read> read);
    void transplant(transfer what, utc_time now, completion<backend::verdict> done);
    void purge(utc_time expired_before, std::size_t limit, utc_time now, completion<result<purged>> done);
    void compact(utc_time now, completion<backend::verdict> done);
    void back_up(std::string place, completion<backend::verdict> done);
    void size(completion<result<std::uint64_t>> done);

    /// Any thread.
    store_health health() const noexcept { return health_.load(std::memory_order_relaxed); }

    /// Ends after what is queued, then tells `ended`. What comes later is `closed`.
    void close(completion<int> ended);

private:
    using batch = backend::commit_queue::batch;
    using reads = std::vector<std::unique_ptr<pending_read>>;

    /// What is not on the disk for certain, so that it must be cut off.
    struct doubt {
        std::uint64_t generation = 0;
        std::uint64_t flushed = 0;
    };

    /// Something that is done when a generation is complete, and its snapshot made.
    struct follow_up {
        std::function<void(store&)> before; ///< in the generation that it completes; may be none
        std::function<error_code(disk&, std::uint64_t complete)> work;
        completion<backend::verdict> done;
    };
    class follow_up_chore;

    std::optional<errc> enqueue(std::unique_ptr<pending_read>& read);
    void submit(std::unique_ptr<backend::chore> chore);

    // The writer's thread.
    void run() noexcept;
    template <class Work>
    error_code change(const Work& work);
    void write(batch commits);
    void answer(reads asked);
    void give_up(const std::exception& broken);
    bool reopen();
    void try_store();
    void settle(store_health now);
    void renew();
    void begin_generation(follow_up next);
    void begin_what_waits();
    void finish_generation(std::uint64_t complete, follow_up next) noexcept;
    void tell(const std::string& doing, const std::exception& broken);

    executor executor_;
    disk& folder_;
    std::string path_;
    std::string incarnation_;
    size_bounds sizes_;
    std::size_t capacity_;
    backend::commit_queue queue_;
    backend::retry retry_; // the session's thread
    std::atomic<store_health> health_ = store_health::usable;

    std::mutex reads_mutex_;
    reads reads_;
    bool closing_ = false;

    std::unique_ptr<store> store_; // none: lost until it has been opened again
    std::optional<doubt> doubt_;
    std::string told_; // what the log has, empty since the store works
    std::atomic<bool> snapshot_is_made_ = true;
    std::thread snapshots_;
    std::deque<follow_up> waiting_; // for the snapshot that is being made
    completion<int> ended_;
    std::thread thread_;
};

} // namespace rejoinder::persistence::file
