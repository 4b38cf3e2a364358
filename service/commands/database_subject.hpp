#pragma once

#include "persistence/lifecycle/subject.hpp"
#include "service/commands/database.hpp"

#include <optional>

namespace rejoinder::service::commands {

/// Whose data a command is about; nothing when it names nobody, or a user or person of no account, or both.
std::optional<persistence::lifecycle::subject> subject_of(const database_command& command);

} // namespace rejoinder::service::commands
