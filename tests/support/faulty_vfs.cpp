#include "tests/support/faulty_vfs.hpp"

namespace rejoinder::tests {
namespace {

bool take(std::atomic<int>& left) {
    int before = left.load();
    while (before > 0 && !left.compare_exchange_weak(before, before - 1)) {
    }
    return before > 0;
}

} // namespace

int faulty_vfs::write(file& to, const void* data, int size, sqlite3_int64 at) {
    if (to.is_log && take(failing_writes_)) return SQLITE_FULL;
    if (to.is_database && take(failing_checkpoints_)) return SQLITE_IOERR_WRITE;
    return vfs_shim::write(to, data, size, at);
}

int faulty_vfs::sync(file& of, int flags) {
    if (of.is_log && take(failing_flushes_)) return SQLITE_IOERR_FSYNC;
    return vfs_shim::sync(of, flags);
}

} // namespace rejoinder::tests
