#pragma once

#include "persistence/database.hpp"

namespace rejoinder::persistence {

/// The embedded store: one file in WAL mode with `synchronous=FULL`. A writer thread takes whatever is queued
/// and commits it as one transaction (group commit without a timer), each change set in a savepoint of its
/// own; a few reader threads answer reads from connections of their own.
result<std::unique_ptr<database>> open_sqlite_database(environment& env, const database_options& options,
                                                       std::string& why);

} // namespace rejoinder::persistence
