#pragma once

#include "persistence/environment.hpp"
#include "persistence/postgresql/connection.hpp"
#include "persistence/postgresql/settings.hpp"
#include "persistence/task.hpp"

#include <memory>
#include <string>

namespace rejoinder::persistence::postgresql {

/// A store that was opened, and the way to it.
struct store {
    settings where;
    time_limits limits;
    std::string incarnation;
};

/// A new connection to the store. Throws `failure`, also when another store has taken its place: a backup
/// that was restored, say, takes back what clients were shown, and is used only after a restart.
task<std::unique_ptr<connection>> connect(environment* env, store to);

} // namespace rejoinder::persistence::postgresql
