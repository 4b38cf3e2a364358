#pragma once

#include "tests/support/vfs_shim.hpp"

#include <atomic>

namespace rejoinder::tests {

/// A disk under SQLite that fails on order. The counters are set from the test's thread and obeyed on the
/// database's.
class faulty_vfs final : public vfs_shim {
public:
    // Of write-ahead logs.
    void fail_flushes(int count) noexcept { failing_flushes_ = count; }
    void fail_writes(int count) noexcept { failing_writes_ = count; } ///< as a full disk does

    /// Of the database itself, which only a checkpoint writes.
    void fail_checkpoints(int count) noexcept { failing_checkpoints_ = count; }

    int write(file& to, const void* data, int size, sqlite3_int64 at) override;
    int sync(file& of, int flags) override;

private:
    std::atomic<int> failing_flushes_ = 0;
    std::atomic<int> failing_writes_ = 0;
    std::atomic<int> failing_checkpoints_ = 0;
};

} // namespace rejoinder::tests
