#pragma once

#include "persistence/database.hpp"
#include "persistence/encryption/keyring.hpp"
#include "persistence/encryption/vault.hpp"

#include <memory>
#include <string>

/// The last step of opening a database: a store that has sealed values is opened with their keys, and no
/// other way. Blocks, as `open_database` does, and closes the database that it refuses. `name` is what a
/// person knows it by, and `why` a sentence for them, when it fails.
namespace rejoinder::persistence::encryption {

/// With keys. A store that was begun without them is sealed from now on: records with personal keys at once,
/// before anybody reads them, everything else when it is written next or by `rotate`.
result<std::unique_ptr<database>> open_sealed(environment& env, std::unique_ptr<database> inner,
                                              const keyring& keys, personal_key_types personal,
                                              const std::string& name, std::string& why);

/// Without keys: refuses a store that has sealed values.
result<std::unique_ptr<database>> open_plain(environment& env, std::unique_ptr<database> inner,
                                             const std::string& name, std::string& why);

} // namespace rejoinder::persistence::encryption
