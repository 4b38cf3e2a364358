#pragma once

#include "persistence/database.hpp"

#include <cstdint>
#include <functional>

namespace rejoinder::persistence::encryption {

/// What a rotation has done so far.
struct rotated {
    std::uint64_t records = 0;  ///< sealed anew
    std::uint64_t sessions = 0; ///< rows, the same
    std::uint64_t entries = 0;  ///< of logs, the same
    std::uint64_t damaged = 0;  ///< records, rows and entries that do not open; they stay as they are

    /// Everything is sealed under the current key: the others may be taken out of the ring, and a plain text
    /// is no longer accepted. Never so while something is damaged.
    bool complete = false;
};

/// Goes through a whole store and seals under the current key what is not: plain texts and those of earlier
/// keys. Texts change, and nothing else: revisions, times and the feed stay as they are, so nobody who serves
/// sessions meanwhile notices. What was written since it was read is passed over, because it was sealed
/// then. So it may be interrupted anywhere and begun again, and the second time it changes nothing.
///
/// Several servers on one store: each needs the new key in its ring before any has it as its current one, and
/// all have it as their current one before this begins.
///
/// Earlier texts may still be in free parts of the store's files, and are in earlier backups: `compact`
/// clears the files.
///
/// `unsupported` for a database that was opened without keys. The environment and the database outlive the
/// task. `told` hears of every page; it may be empty.
task<result<rotated>> rotate(environment* env, database* db, std::function<void(const rotated&)> told);

} // namespace rejoinder::persistence::encryption
