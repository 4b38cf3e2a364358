#pragma once

#include "persistence/sqlite/connection.hpp"

#include <string>
#include <string_view>

/// Facts about a store as a whole, in its table `meta`.
namespace rejoinder::persistence::sqlite {

/// The value under a key; `otherwise` when it is not there.
std::string meta(connection& on, std::string_view key, std::string otherwise);

void set_meta(connection& on, std::string_view key, std::string_view value);

} // namespace rejoinder::persistence::sqlite
