#pragma once

#include "persistence/columns.hpp"

#include <string>
#include <string_view>
#include <tuple>

/// SQL made of lists of columns, whose names are quoted: `user` and some others are words of the language.
namespace rejoinder::persistence::postgresql {

/// `"a", "b"` out of `a, b`; empty texts (`''`) stay what they are.
std::string quoted(std::string_view columns);

/// `insert into TABLE ("a", ...) values ($1, ...)`
std::string insert(std::string_view table, std::string_view columns);

/// `"a" = $1, "b" = $2, ...`
std::string assignments(std::string_view columns);

/// Reads the columns of one of the lists into the members they belong to.
template <class Rows, class Record>
void read_row(const Rows& from, int row, Record& into) {
    auto columns = fields(into);
    std::apply([&](auto&... field) { from.read(row, field...); }, columns);
}

} // namespace rejoinder::persistence::postgresql
