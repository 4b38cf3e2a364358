#pragma once

#include "persistence/columns.hpp"

#include <string>
#include <string_view>

/// SQL made of lists of columns.
namespace rejoinder::persistence::sqlite {

/// `insert into TABLE (COLUMNS) values (?1, ?2, ...)`
std::string insert(std::string_view table, std::string_view columns);

/// `a = ?1, b = ?2, ...` for a list of columns.
std::string assignments(std::string_view columns);

} // namespace rejoinder::persistence::sqlite
