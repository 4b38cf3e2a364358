#pragma once

#include "persistence/file/journal.hpp"
#include "persistence/file/snapshot.hpp"

#include <string>
#include <vector>

namespace rejoinder::persistence::file {

/// A store as its files tell it.
struct recovered {
    memory_tables tables;
    generation_header header;  ///< of the latest generation; its version is that of the oldest file read
    std::uint64_t journal = 0; ///< its journal's bytes that count; 0: the journal has to be begun
    std::uint64_t commits = 0;
    std::uint64_t snapshot = 0; ///< the generation of the snapshot that was read; older than the latest when
                                ///< the latest generation's is not finished yet or damaged

    std::uint64_t torn = 0;           ///< bytes at the journal's end that were never written whole
    std::vector<std::string> damaged; ///< snapshots that were passed over for an older one
};

/// Reads the latest intact snapshot and every journal from there on. Changes nothing. The folder holds at
/// least one file of a store. Throws `failure`: `corrupt` when that is not possible without losing something,
/// with a sentence that names the file and the line; `newer_schema`.
recovered recover(disk& folder);

/// Whether the folder holds a store. One whose beginning was interrupted before its first snapshot is none
/// yet.
bool holds_store(disk& folder);

/// Makes the snapshot of the generation behind `complete`, of the files of `complete` and, where its own
/// snapshot is missing or damaged, of those before it.
void make_snapshot(disk& folder, std::uint64_t complete);

} // namespace rejoinder::persistence::file
