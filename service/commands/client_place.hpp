#pragma once

#include "persistence/secret.hpp"

#include <optional>
#include <string>

namespace rejoinder::service::commands {

/// The address of a session's endpoint: what a person types, with the path when there is none.
std::string with_path(std::string server);

/// The credentials that a command shows to a server, out of a file for its owner's eyes alone or, without
/// one, the variable REJOINDER_TOKEN: what is written on a command line can be read by whoever sees the list
/// of processes. Empty where neither says anything; nothing, and it has complained, when there should be some
/// and are none. Blocks.
std::optional<secret> load_token(const std::optional<std::string>& file);

} // namespace rejoinder::service::commands
