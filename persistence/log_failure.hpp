#pragma once

#include "persistence/log.hpp"

#include <exception>
#include <initializer_list>
#include <string_view>

namespace rejoinder {

/// Logs what left a task: a defect, or an environment that is broken. Never throws it on.
void log_failure(std::string_view event, std::exception_ptr what, std::string_view session = {});

} // namespace rejoinder
