#pragma once

#include <atomic>

namespace rejoinder::tests {

/// A disk that fails on order, between SQLite and the real one, for the files that are opened while it
/// exists. One at a time. The counters are set from the test's thread and obeyed on the database's.
class faulty_vfs {
public:
    faulty_vfs();
    faulty_vfs(const faulty_vfs&) = delete;
    faulty_vfs& operator=(const faulty_vfs&) = delete;
    ~faulty_vfs();

    // Of write-ahead logs.
    void fail_flushes(int count) noexcept { failing_flushes = count; }
    void fail_writes(int count) noexcept { failing_writes = count; } ///< as a full disk does

    /// Of the database itself, which only a checkpoint writes.
    void fail_checkpoints(int count) noexcept { failing_checkpoints = count; }

    static inline std::atomic<int> failing_flushes = 0;
    static inline std::atomic<int> failing_writes = 0;
    static inline std::atomic<int> failing_checkpoints = 0;
};

} // namespace rejoinder::tests
