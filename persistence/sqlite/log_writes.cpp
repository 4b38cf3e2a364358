#include "persistence/sqlite/log_writes.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <new>
#include <string>

namespace rejoinder::persistence::sqlite {
namespace {

// SQLite's own layer takes less than 128 KiB at a time (`seekAndWriteFd` in os_unix.c).
constexpr std::size_t most_gathered = 64 * 1024;

/// SQLite gives the memory for it.
struct file {
    sqlite3_file base{};
    std::unique_ptr<std::byte[]> memory; ///< of the file below
    bool gathers = false;                ///< it is a log that SQLite flushes as it is described
    file* log = nullptr;                 ///< of a database, while it is open
    file* main = nullptr;                ///< of a log: its database
    std::string gathered;                ///< follows each other, and is not written yet
    sqlite3_int64 begin = 0;

    sqlite3_file* below() const noexcept { return reinterpret_cast<sqlite3_file*>(memory.get()); }
    const sqlite3_io_methods& methods() const noexcept { return *below()->pMethods; }
};

file& of(sqlite3_file* handle) noexcept {
    return *reinterpret_cast<file*>(handle);
}

int write_gathered(file& to) {
    if (to.gathered.empty()) return SQLITE_OK;
    int code =
        to.methods().xWrite(to.below(), to.gathered.data(), static_cast<int>(to.gathered.size()), to.begin);
    to.gathered.clear();
    return code;
}

/// Passes a call that finds the file as if all had been written at once. What could not be written is an
/// error of writing whatever the reason, as SQLite gives up the whole transaction for that one.
template <auto Method, class... Arguments>
int pass(sqlite3_file* handle, Arguments... arguments) {
    if (write_gathered(of(handle)) != SQLITE_OK) return SQLITE_IOERR_WRITE;
    return (of(handle).methods().*Method)(of(handle).below(), arguments...);
}

/// The end of a commit, which may say that there is no room.
int sync(sqlite3_file* handle, int flags) {
    if (int code = write_gathered(of(handle)); code != SQLITE_OK) return code;
    return of(handle).methods().xSync(of(handle).below(), flags);
}

/// Passes a call that has nothing to do with what is in the file.
template <auto Method, class... Arguments>
int pass_by(sqlite3_file* handle, Arguments... arguments) {
    return (of(handle).methods().*Method)(of(handle).below(), arguments...);
}

int write(sqlite3_file* handle, const void* data, int size, sqlite3_int64 at) {
    auto& to = of(handle);
    auto length = static_cast<std::size_t>(size);
    bool follows = to.gathered.empty() || at == to.begin + static_cast<sqlite3_int64>(to.gathered.size());
    if (!to.gathers || !follows || to.gathered.size() + length > most_gathered) {
        if (int code = write_gathered(to); code != SQLITE_OK) return code;
    }
    if (!to.gathers || length > most_gathered) return to.methods().xWrite(to.below(), data, size, at);
    try {
        to.gathered.reserve(most_gathered);
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    }
    if (to.gathered.empty()) to.begin = at;
    to.gathered.append(static_cast<const char*>(data), length);
    return SQLITE_OK;
}

int close(sqlite3_file* handle) {
    auto& closing = of(handle);
    if (closing.main) closing.main->log = nullptr;
    int code = closing.methods().xClose(closing.below());
    std::destroy_at(&closing);
    return code;
}

/// Whoever may write the log no more has committed, and flushed, or has rolled back: then what is left is
/// nobody's, and must not come between what others write.
int lock(sqlite3_file* handle, int first, int count, int how) {
    constexpr int write_lock = 0; // WAL_WRITE_LOCK in wal.c
    constexpr int is_given_back = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;
    auto* log = of(handle).log;
    if (log && first == write_lock && (how & is_given_back) == is_given_back) log->gathered.clear();
    return of(handle).methods().xShmLock(of(handle).below(), first, count, how);
}

void barrier(sqlite3_file* handle) {
    of(handle).methods().xShmBarrier(of(handle).below());
}

using methods = sqlite3_io_methods;
const methods layer_methods{3,
                            close,
                            pass<&methods::xRead>,
                            write,
                            pass<&methods::xTruncate>,
                            sync,
                            pass<&methods::xFileSize>,
                            pass_by<&methods::xLock>,
                            pass_by<&methods::xUnlock>,
                            pass_by<&methods::xCheckReservedLock>,
                            pass_by<&methods::xFileControl>,
                            pass_by<&methods::xSectorSize>,
                            pass_by<&methods::xDeviceCharacteristics>,
                            pass_by<&methods::xShmMap>,
                            lock,
                            barrier,
                            pass_by<&methods::xShmUnmap>,
                            pass<&methods::xFetch>,
                            pass_by<&methods::xUnfetch>};

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* handle, int flags, int* out_flags) {
    handle->pMethods = nullptr; // SQLite closes nothing when this fails
    auto* files = sqlite3_vfs_find(nullptr);
    std::unique_ptr<std::byte[]> memory(new (std::nothrow)
                                            std::byte[static_cast<std::size_t>(files->szOsFile)]());
    if (!memory) return SQLITE_NOMEM;
    auto* below = reinterpret_cast<sqlite3_file*>(memory.get());
    int code = files->xOpen(files, name, below, flags, out_flags);
    if (code != SQLITE_OK) {
        if (below->pMethods) below->pMethods->xClose(below);
        return code;
    }
    auto* made = new (handle) file;
    made->memory = std::move(memory);
    // Without the second, SQLite writes on behind its flush (`walFrames`).
    made->gathers = (flags & SQLITE_OPEN_WAL) != 0 &&
                    (below->pMethods->xDeviceCharacteristics(below) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
    if (made->gathers) {
        made->main = &of(sqlite3_database_file_object(name));
        made->main->log = made;
    }
    made->base.pMethods = &layer_methods;
    return SQLITE_OK;
}

/// Asks the layer below, whichever is the default when it is called.
template <auto Method, class... Arguments>
int ask(sqlite3_vfs*, Arguments... arguments) {
    auto* files = sqlite3_vfs_find(nullptr);
    return (files->*Method)(files, arguments...);
}

constexpr const char* name_of_layer = "rejoinder";

bool register_layer() noexcept {
    auto* files = sqlite3_vfs_find(nullptr);
    if (!files) return false;
    static sqlite3_vfs layer;
    layer = *files; // what has nothing to do with files is its own
    layer.zName = name_of_layer;
    layer.szOsFile = sizeof(file);
    layer.xOpen = open;
    layer.xDelete = ask<&sqlite3_vfs::xDelete>;
    layer.xAccess = ask<&sqlite3_vfs::xAccess>;
    layer.xFullPathname = ask<&sqlite3_vfs::xFullPathname>;
    return sqlite3_vfs_register(&layer, 0) == SQLITE_OK;
}

} // namespace

const char* gathering_layer() noexcept {
    static const bool registered = register_layer();
    return registered ? name_of_layer : nullptr;
}

} // namespace rejoinder::persistence::sqlite
