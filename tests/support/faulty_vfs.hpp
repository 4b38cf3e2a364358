#pragma once

#include <atomic>

namespace rejoinder::tests {

/// A disk that fails on order, between SQLite and the real one, for the write-ahead logs that are opened
/// while it exists. One at a time. The counters are set from the test's thread and obeyed on the database's.
class faulty_vfs {
public:
    faulty_vfs();
    faulty_vfs(const faulty_vfs&) = delete;
    faulty_vfs& operator=(const faulty_vfs&) = delete;
    ~faulty_vfs();

    void fail_flushes(int count) noexcept { failing_flushes = count; }
    void fail_writes(int count) noexcept { failing_writes = count; } ///< as a full disk does

    static inline std::atomic<int> failing_flushes = 0;
    static inline std::atomic<int> failing_writes = 0;
};

} // namespace rejoinder::tests
