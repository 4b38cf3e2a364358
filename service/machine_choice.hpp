#pragma once

#include "persistence/session_record.hpp"
#include "service/machine_catalog.hpp"
#include "service/version_change.hpp"

#include <optional>
#include <string>

namespace rejoinder::service {

/// With which machine a stored session goes on.
struct machine_choice {
    const statemachine::definition* machine = nullptr; ///< null: with none
    std::optional<version_change> change;              ///< that comes first; nothing: it stands as it is
    std::string why;                                   ///< with none: a sentence
};

/// The machine that the session was stored with, if that is the newest version. Of an older one the newest
/// says what becomes of it (`meta.migration`): it migrates where a way leads from the very state that it is
/// in, else it stays with its version where that is here as well; one that is pinned prefers the latter; or
/// it restarts, unless it has ended. There is no way back to an earlier version, nor to another structure of
/// the same one.
machine_choice choose_machine(const machine_catalog& machines, const persistence::session_row& row);

} // namespace rejoinder::service
