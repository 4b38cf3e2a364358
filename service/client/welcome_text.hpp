#pragma once

#include "persistence/json.hpp"

#include <string>

namespace rejoinder::service {

/// What a person is told of a server's welcome, in brackets: how the client came in, and whether the machine
/// that it talks with is another version than the last time. The welcome is of a server that keeps to the
/// protocol, and is no refusal.
std::string describe_welcome(const json& welcome);

} // namespace rejoinder::service
