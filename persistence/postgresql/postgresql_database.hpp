#pragma once

#include "persistence/database.hpp"

namespace rejoinder::persistence {

/// Connects to the server, migrates, and names in `why` the place without its secrets when that fails. The
/// server's own words go to the log.
result<std::unique_ptr<database>> open_postgresql_database(environment& env, const database_options& options,
                                                           std::string& why);

} // namespace rejoinder::persistence
