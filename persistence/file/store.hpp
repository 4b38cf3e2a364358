#pragma once

#include "persistence/file/recovery.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rejoinder::persistence::file {

/// The store of a folder, without threads: tables in memory and the journal that makes them durable. What
/// throws `std::system_error` leaves it unusable; it is opened again then, from what the files hold.
class store {
public:
    /// Begins a store in a folder that has none, or goes on with the one that is there. What recovery had to
    /// leave out is put aside under a name of its own, never deleted; `notes` gets a sentence on each.
    /// Throws `failure` or `std::system_error`; an existing store is as it was then.
    store(disk& folder, const std::string& new_incarnation, std::vector<std::string>& notes,
          const size_bounds& sizes = {});

    const std::string& incarnation() const noexcept { return journal_.header().incarnation; }

    /// Version of the files that were found; 0: there were none.
    int found_version() const noexcept { return found_version_; }

    /// Change the tables; the journal has it after `flush`. Until that has returned nobody may hear of
    /// it.
    commit_outcome commit(change_set changes, utc_time now);
    error_code transplant(transfer what, utc_time now);
    purged purge(utc_time expired_before, std::size_t limit, utc_time now);
    void forget_removals(utc_time now);
    void flush();

    /// What has been committed, flushed or not.
    const memory_tables& tables() const noexcept { return tables_; }
    std::uint64_t commits() const noexcept { return journal_.commits(); }

    /// Whether the journal has outgrown the latest snapshot, so that a new generation is worth its cost. When
    /// one could not be begun or finished, it is once the journal has grown by as much again.
    bool is_due() const;

    /// Begins a new generation with an empty journal, which takes no longer than a commit. The generation
    /// before is complete then, and `finish_generation` may be called with it, on any thread. On
    /// `std::system_error` the store goes on in the generation that it has; on `failure` it is unusable.
    std::uint64_t begin_generation();

    /// Makes the snapshot of the generation behind `complete` and removes the generations that are not needed
    /// any more. Touches no file that the store writes. Takes as long as reading and writing everything.
    static void finish_generation(disk& folder, std::uint64_t complete);

    /// Removes what processes that were killed have left unfinished, and the generations that are not needed:
    /// the latest snapshot stays and, as it may be damaged one day, the one before. Not while a generation is
    /// finished.
    static void tidy(disk& folder);

    /// Removes every file that the generation behind `complete` does not need, once its snapshot has been
    /// read back: older generations and what recovery has put aside.
    static void remove_all_before(disk& folder, std::uint64_t complete);

    /// Makes a store of its own, in an empty folder, of what stood when `complete` ended. Its generation's
    /// snapshot is finished.
    static void copy(disk& folder, std::uint64_t complete, disk& into);

    /// Bytes of all its files. Any thread.
    static std::uint64_t size(disk& folder);

    /// Writes a file and removes it, to see whether the folder can be written.
    void try_writing();

    /// Forgets what was not flushed: cuts it off the journal, whether it got there or not. To be called
    /// before the store is opened again after a failure.
    static void cut(disk& folder, std::uint64_t generation, std::uint64_t flushed);
    std::uint64_t generation() const noexcept { return journal_.header().generation; }
    std::uint64_t flushed() const noexcept { return flushed_; } ///< bytes of the journal

private:
    struct opened {
        memory_tables tables;
        journal continued;
        int found_version;
    };
    static opened create(disk& folder, const std::string& incarnation);
    static opened resume(disk& folder, recovered from, std::vector<std::string>& notes);
    store(disk& folder, opened now);

    disk& folder_;
    memory_tables tables_;
    journal journal_;
    std::uint64_t flushed_;
    std::uint64_t tried_at_ = 0; ///< bytes of the journal when the next generation could not be begun
    int found_version_;
};

} // namespace rejoinder::persistence::file
