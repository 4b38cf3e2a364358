#pragma once

#include "persistence/database.hpp"

namespace rejoinder::persistence {

/// The reference implementation of the contract: plain maps on the environment's own thread, no thread, no
/// file. What it says about order, conflicts and bounds is what the other backends are tested against.
result<std::unique_ptr<database>> open_memory_database(environment& env, const database_options& options);

} // namespace rejoinder::persistence
