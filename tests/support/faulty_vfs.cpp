#include "tests/support/faulty_vfs.hpp"

#include <sqlite3.h>

#include <new>
#include <stdexcept>

namespace rejoinder::tests {
namespace {

sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs shim_vfs;

/// SQLite gives the memory for it: the real file's own part follows behind.
struct shim_file {
    sqlite3_file base;
    bool is_log;
    bool is_database;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

shim_file* shim(sqlite3_file* file) {
    return reinterpret_cast<shim_file*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
    return shim(file)->real();
}

bool take(std::atomic<int>& left) {
    int before = left.load();
    while (before > 0 && !left.compare_exchange_weak(before, before - 1)) {
    }
    return before > 0;
}

/// Forwards a method of a file to the real one.
template <auto Method, class... Arguments>
int forward(sqlite3_file* file, Arguments... arguments) {
    return (real(file)->pMethods->*Method)(real(file), arguments...);
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    if (shim(file)->is_log && take(faulty_vfs::failing_writes)) return SQLITE_FULL;
    if (shim(file)->is_database && take(faulty_vfs::failing_checkpoints)) return SQLITE_IOERR_WRITE;
    return real(file)->pMethods->xWrite(real(file), data, size, at);
}

int sync(sqlite3_file* file, int flags) {
    if (shim(file)->is_log && take(faulty_vfs::failing_flushes)) return SQLITE_IOERR_FSYNC;
    return real(file)->pMethods->xSync(real(file), flags);
}

void barrier(sqlite3_file* file) {
    real(file)->pMethods->xShmBarrier(real(file));
}

using methods = sqlite3_io_methods;
const methods shim_methods{3,
                           forward<&methods::xClose>,
                           forward<&methods::xRead>,
                           write,
                           forward<&methods::xTruncate>,
                           sync,
                           forward<&methods::xFileSize>,
                           forward<&methods::xLock>,
                           forward<&methods::xUnlock>,
                           forward<&methods::xCheckReservedLock>,
                           forward<&methods::xFileControl>,
                           forward<&methods::xSectorSize>,
                           forward<&methods::xDeviceCharacteristics>,
                           forward<&methods::xShmMap>,
                           forward<&methods::xShmLock>,
                           barrier,
                           forward<&methods::xShmUnmap>,
                           forward<&methods::xFetch>,
                           forward<&methods::xUnfetch>};

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
    auto* made = new (file) shim_file{};
    made->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    made->is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    int code = real_vfs->xOpen(real_vfs, name, made->real(), flags, out_flags);
    if (made->real()->pMethods) made->base.pMethods = &shim_methods;
    return code;
}

} // namespace

faulty_vfs::faulty_vfs() {
    failing_flushes = failing_writes = failing_checkpoints = 0;
    real_vfs = sqlite3_vfs_find(nullptr);
    shim_vfs = *real_vfs;
    shim_vfs.zName = "faulty";
    shim_vfs.szOsFile += static_cast<int>(sizeof(shim_file));
    shim_vfs.xOpen = open;
    if (sqlite3_vfs_register(&shim_vfs, 1) != SQLITE_OK) throw std::runtime_error("no faulty disk");
}

faulty_vfs::~faulty_vfs() {
    sqlite3_vfs_unregister(&shim_vfs);
    sqlite3_vfs_register(real_vfs, 1);
}

} // namespace rejoinder::tests
