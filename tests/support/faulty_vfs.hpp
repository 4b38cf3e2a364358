#pragma once

#include "tests/support/vfs_shim.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace rejoinder::tests {

/// A disk under SQLite that fails on order. The counters are set from the test's thread and obeyed on the
/// database's.
class faulty_vfs final : public vfs_shim {
public:
    // Of write-ahead logs.
    void fail_flushes(int count) noexcept { failing_flushes_ = count; }
    void fail_writes(int count) noexcept { failing_writes_ = count; } ///< as a full disk does

    // Of a database itself, which is called store.db, and which only a checkpoint writes.
    void fail_checkpoints(int count) noexcept { failing_checkpoints_ = count; }
    void refuse_room_to_checkpoints(int count) noexcept { checkpoints_without_room_ = count; }
    void fail_checkpoints_flushes(int count) noexcept { failing_database_flushes_ = count; }

    /// What comes next of this kind waits, and so does the thread that does it, until it is let go.
    enum class moment { none, write, flush };
    void hold_checkpoint(moment at);

    /// Waits until something is held.
    void await_held();
    bool is_holding();
    void let_go() { hold_checkpoint(moment::none); }

    int write(file& to, const void* data, int size, sqlite3_int64 at) override;
    int sync(file& of, int flags) override;

private:
    static bool is_store(const file& of);
    void pass(moment at);

    std::atomic<int> failing_flushes_ = 0;
    std::atomic<int> failing_writes_ = 0;
    std::atomic<int> failing_checkpoints_ = 0;
    std::atomic<int> checkpoints_without_room_ = 0;
    std::atomic<int> failing_database_flushes_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    moment held_at_ = moment::none;
    moment is_held_ = moment::none; // one thread is: there is one checkpoint at a time
};

} // namespace rejoinder::tests
