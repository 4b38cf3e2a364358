#pragma once

#include "tests/support/vfs_shim.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// A disk under SQLite that forgets what was not synced when its power goes: of a file what was written or
/// cut off since its last `sync`, or some of it in any order; and a file that was removed may be back. It
/// never waits for the real disk, whose power stays.
class power_loss_vfs final : public vfs_shim {
public:
    /// The power goes at the n-th step that writes, and everything fails from there on; 0: never.
    void lose_power_at(std::size_t step);
    std::size_t steps() const;

    /// The n-th flush of a database from here on fails, and what it was for never comes to the disk:
    /// everybody reads it still, and the flushes after it work. So Linux does it
    /// (https://wiki.postgresql.org/wiki/Fsync_Errors).
    /// Before it does, it does what else is wanted on its thread.
    void lose_flush(std::size_t count, std::function<void()> before = {});
    bool has_lost_flush() const;

    /// Makes of the files, which nobody has open, what a machine finds after the power is back, one of the
    /// possible ways.
    void crash(std::mt19937_64& random);

    int write(file& to, const void* data, int size, sqlite3_int64 at) override;
    int truncate(file& of, sqlite3_int64 size) override;
    int sync(file& of, int flags) override;
    int remove(const std::string& path, int sync_folder) override;

private:
    struct change {
        std::size_t at = 0;
        std::string bytes; ///< empty: the file ends there
    };
    struct image {
        std::string synced;
        std::vector<change> since;
        bool is_flushed = false; ///< once or more often
        bool is_removed = false;
    };

    bool step(); ///< whether there is power; the last step before it goes may still leave a trace
    image& image_of(const std::string& path);
    static void apply(const change& what, std::string& to);

    mutable std::mutex mutex_;
    std::map<std::string, image> files_;
    std::size_t steps_ = 0;
    std::size_t power_goes_at_ = 0;
    std::size_t flushes_to_loss_ = 0; ///< zero: none is lost
    std::function<void()> before_loss_;
    bool has_lost_flush_ = false;
};

} // namespace rejoinder::tests
