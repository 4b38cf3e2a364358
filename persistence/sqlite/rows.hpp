#pragma once

#include "persistence/columns.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

/// SQL made of lists of columns.
namespace rejoinder::persistence::sqlite {

/// `insert into TABLE (COLUMNS) values (?1, ?2, ...)`
std::string insert(std::string_view table, std::string_view columns);

/// `a = ?1, b = ?2, ...` for a list of columns.
std::string assignments(std::string_view columns);

/// Names one record; the parameters ?1 to ?6 are account, type, loop, device, person and key.
inline constexpr std::string_view record_key =
    "account = ?1 and type = ?2 and loop = ?3 and device = ?4 and person = ?5 and key = ?6";

/// A limit as SQLite takes it.
inline std::uint64_t at_most(std::size_t limit) {
    return std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max());
}

} // namespace rejoinder::persistence::sqlite
