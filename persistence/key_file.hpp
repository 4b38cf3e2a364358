#pragma once

#include "persistence/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace rejoinder {

inline constexpr std::size_t largest_key_file = 64 << 10;

/// What others than its owner may do with a file of keys: nothing with secret ones, read public ones. They
/// may never write it.
enum class key_file_kind { secret_keys, public_keys };

/// What is in a file of keys. Blocks. Otherwise nothing, and `why` names the file and says what is wrong with
/// it: it can't be read, is none, is open to others, or is larger than 64 KiB.
std::optional<secret> read_key_file(const std::string& file, key_file_kind kind, std::string& why);

} // namespace rejoinder
