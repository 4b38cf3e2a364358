#pragma once

#include <sqlite3.h>

#include <string>

namespace rejoinder::tests {

/// A layer between SQLite and the real disk, for the files that are opened while it exists. One at a time. It
/// is asked on the database's threads.
class vfs_shim {
public:
    vfs_shim();
    vfs_shim(const vfs_shim&) = delete;
    vfs_shim& operator=(const vfs_shim&) = delete;
    virtual ~vfs_shim();

    /// A file that SQLite has opened; what it is called there, and what it is for.
    struct file {
        std::string path; ///< empty: a temporary one
        bool is_log = false;
        bool is_database = false;
        sqlite3_file* real = nullptr;
    };

    // What is done to files, by default by the real disk; each answers with SQLite's codes.
    virtual int write(file& to, const void* data, int size, sqlite3_int64 at);
    virtual int truncate(file& of, sqlite3_int64 size);
    virtual int sync(file& of, int flags);
    virtual int remove(const std::string& path, int sync_folder);
};

} // namespace rejoinder::tests
