#include "tests/support/vfs_shim.hpp"

#include "persistence/sqlite/page_cache.hpp"

#include <memory>
#include <new>
#include <stdexcept>

namespace rejoinder::tests {
namespace {

vfs_shim* current = nullptr;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs shim_vfs;

/// SQLite gives the memory for it: the real file's own part follows behind.
struct shim_file {
    sqlite3_file base;
    vfs_shim::file about;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

shim_file* shim(sqlite3_file* file) {
    return reinterpret_cast<shim_file*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
    return shim(file)->real();
}

/// Forwards a method of a file to the real one.
template <auto Method, class... Arguments>
int forward(sqlite3_file* file, Arguments... arguments) {
    return (real(file)->pMethods->*Method)(real(file), arguments...);
}

int close(sqlite3_file* file) {
    int code = real(file)->pMethods->xClose(real(file));
    std::destroy_at(&shim(file)->about);
    return code;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    return current->write(shim(file)->about, data, size, at);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return current->truncate(shim(file)->about, size);
}

int sync(sqlite3_file* file, int flags) {
    return current->sync(shim(file)->about, flags);
}

void barrier(sqlite3_file* file) {
    real(file)->pMethods->xShmBarrier(real(file));
}

using methods = sqlite3_io_methods;
const methods shim_methods{3,
                           close,
                           forward<&methods::xRead>,
                           write,
                           truncate,
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
    made->about.path = name ? name : "";
    made->about.is_log = (flags & SQLITE_OPEN_WAL) != 0;
    made->about.is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    made->about.real = made->real();
    int code = real_vfs->xOpen(real_vfs, name, made->real(), flags, out_flags);
    if (made->real()->pMethods)
        made->base.pMethods = &shim_methods;
    else
        std::destroy_at(&made->about); // SQLite closes nothing then
    return code;
}

int remove_file(sqlite3_vfs*, const char* path, int sync_folder) {
    return current->remove(path, sync_folder);
}

} // namespace

vfs_shim::vfs_shim() {
    current = this;
    persistence::sqlite::lighten_page_cache(); // as where a connection comes first
    real_vfs = sqlite3_vfs_find(nullptr);
    shim_vfs = *real_vfs;
    shim_vfs.zName = "shim";
    shim_vfs.szOsFile += static_cast<int>(sizeof(shim_file));
    shim_vfs.xOpen = open;
    shim_vfs.xDelete = remove_file;
    if (sqlite3_vfs_register(&shim_vfs, 1) != SQLITE_OK) throw std::runtime_error("no layer under SQLite");
}

vfs_shim::~vfs_shim() {
    sqlite3_vfs_unregister(&shim_vfs);
    sqlite3_vfs_register(real_vfs, 1);
}

int vfs_shim::write(file& to, const void* data, int size, sqlite3_int64 at) {
    return to.real->pMethods->xWrite(to.real, data, size, at);
}

int vfs_shim::truncate(file& of, sqlite3_int64 size) {
    return of.real->pMethods->xTruncate(of.real, size);
}

int vfs_shim::sync(file& of, int flags) {
    return of.real->pMethods->xSync(of.real, flags);
}

int vfs_shim::remove(const std::string& path, int sync_folder) {
    return real_vfs->xDelete(real_vfs, path.c_str(), sync_folder);
}

} // namespace rejoinder::tests
