#pragma once

#include "persistence/result.hpp"

#include <string>

namespace rejoinder::service::commands {

/// Says why something could not be done with one session, and returns the exit status.
int fail_session(const std::string& doing, const std::string& id, error_code why);

} // namespace rejoinder::service::commands
