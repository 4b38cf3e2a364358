#pragma once

#include "persistence/task.hpp"
#include "service/branch.hpp"

#include <string>

namespace rejoinder::service {

/// Gives up the client, robot or echo for which the most bytes wait to be written, of all branches, as a slow
/// consumer; nobody where none wait. The branches outlive it.
task<> give_up_slowest(const branch::all* branches, std::string why);

} // namespace rejoinder::service
