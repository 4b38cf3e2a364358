#pragma once

#include "persistence/database.hpp"
#include "tests/support/postgresql_cluster.hpp"

#include <vector>

namespace rejoinder::tests {

/// The types of database that can run here.
inline std::vector<persistence::database_type> every_backend() {
    using enum persistence::database_type;
    std::vector types{memory, file, sqlite};
    if (postgresql_cluster::is_available()) types.push_back(postgresql);
    return types;
}

} // namespace rejoinder::tests
