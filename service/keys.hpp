#pragma once

#include "persistence/encryption/keyring.hpp"
#include "service/config.hpp"

#include <memory>

namespace rejoinder::service {

/// The keys that the database's values are sealed under, as they are configured; none when there are none.
/// Throws `config_error`, with the key of the configuration and nothing of what it stands for.
std::shared_ptr<const persistence::encryption::keyring> load_keys(const config& values);

} // namespace rejoinder::service
