#pragma once

#include "persistence/encryption/sealer.hpp"

#include <string>

/// The key of a store's pseudonyms, and how its marker keeps it: sealed like any value, so that whoever has
/// the keys of the values has it, and nobody else.
namespace rejoinder::persistence::encryption {

secret make_index_key(environment& env);

std::string seal_index_key(const sealer& texts, const secret& key);
result<secret> open_index_key(const sealer& texts, const std::string& sealed);

} // namespace rejoinder::persistence::encryption
