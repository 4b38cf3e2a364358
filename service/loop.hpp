#pragma once

#include "persistence/environment.hpp"
#include "persistence/task.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>

namespace rejoinder::service {

/// Runs the loop until nothing is left to do or it is stopped; what runs on it closes the store in the end.
/// Empty when all went well. When something is thrown out of the loop, a defect or a broken environment,
/// closes the store with `close` and gives one sentence that says what it was; then what lives on the loop is
/// in no state to be ended in order, and the process must end without its destructors. Blocks; closing takes
/// 10 s at most.
std::string run_or_close(boost::asio::io_context& loop, environment& env,
                         const std::function<task<>()>& close);

} // namespace rejoinder::service
