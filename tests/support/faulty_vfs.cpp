#include "tests/support/faulty_vfs.hpp"

#include <chrono>
#include <stdexcept>

namespace rejoinder::tests {
namespace {

bool take(std::atomic<int>& left) {
    int before = left.load();
    while (before > 0 && !left.compare_exchange_weak(before, before - 1)) {
    }
    return before > 0;
}

} // namespace

void faulty_vfs::hold_checkpoint(moment at) {
    {
        std::lock_guard lock(mutex_);
        held_at_ = at;
    }
    changed_.notify_all();
}

void faulty_vfs::await_held() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::minutes(1),
                           [this] { return is_held_ != moment::none && is_held_ == held_at_; }))
        throw std::runtime_error("no checkpoint came to where it is held");
}

bool faulty_vfs::is_holding() {
    std::lock_guard lock(mutex_);
    return is_held_ != moment::none;
}

void faulty_vfs::pass(moment at) {
    std::unique_lock lock(mutex_);
    if (held_at_ != at) return;
    is_held_ = at;
    changed_.notify_all();
    changed_.wait(lock, [&] { return held_at_ != at; });
    is_held_ = moment::none;
}

/// Not a copy that is being made of it.
bool faulty_vfs::is_store(const file& of) {
    return of.is_database && of.path.ends_with("store.db");
}

int faulty_vfs::write(file& to, const void* data, int size, sqlite3_int64 at) {
    if (to.is_log && take(failing_writes_)) return SQLITE_FULL;
    if (is_store(to)) {
        pass(moment::write);
        if (take(failing_checkpoints_)) return SQLITE_IOERR_WRITE;
        if (take(checkpoints_without_room_)) return SQLITE_FULL;
    }
    return vfs_shim::write(to, data, size, at);
}

int faulty_vfs::sync(file& of, int flags) {
    if (of.is_log && take(failing_flushes_)) return SQLITE_IOERR_FSYNC;
    if (is_store(of)) {
        pass(moment::flush);
        if (take(failing_database_flushes_)) return SQLITE_IOERR_FSYNC;
    }
    return vfs_shim::sync(of, flags);
}

} // namespace rejoinder::tests
