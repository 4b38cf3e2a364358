#pragma once

#include "persistence/change_set.hpp"

#include <cstddef>

namespace rejoinder::service {

/// What a session does once one of its commits has ended. An activation may go on only while what it holds is
/// certainly what is stored; else it is discarded with all that it computed, and rebuilt from what is durable
/// by whoever asks next.
///
/// | the commit ended with                | written       | verdict     |
/// |--------------------------------------|---------------|-------------|
/// | nothing wrong                        | yes           | `committed` |
/// | conflict on a record                 | no            | `retry`     |
/// | duplicate_turn                       | no, it was    | `recorded`  |
/// | unavailable, too_large               | no            | `keep`      |
/// | conflict on the session, fenced      | by another    | `abandon`   |
/// | unknown_outcome, also of a timeout   | not known     | `abandon`   |
/// | closed, corrupt, anything else       | can't be told | `abandon`   |
///
/// While the session is not stored yet there is nothing to go back to: every failure is `abandon`.
enum class commit_verdict {
    committed, ///< go on from what was drafted
    retry,     ///< the session stands, but what the step read has changed: step again over fresh reads
    recorded,  ///< the turn has its outcome from before: answer with that
    keep,      ///< the session stands as it was; who asked for the change is told that it had no effect
    abandon    ///< the activation ends, and whether the change was made is for the next one to find out
};

/// Whether the session that a commit changes was stored before.
enum class session_standing { unborn, stored };

/// Pure. `writes` is the number of records in the change set, the session itself not among them.
commit_verdict judge(const persistence::commit_outcome& outcome, std::size_t writes,
                     session_standing session) noexcept;

} // namespace rejoinder::service
