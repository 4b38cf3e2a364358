#pragma once

#include "persistence/environment.hpp"

#include <memory>

namespace rejoinder {

/// The environment of production: the machine's clocks, one Asio timer for all of a thread's alarms,
/// OpenSSL's random numbers. The `io_context` must outlive it, and be run by one thread only.
std::unique_ptr<environment> make_system_environment(boost::asio::io_context& context);

} // namespace rejoinder
