#include "persistence/sqlite/rows.hpp"

#include <algorithm>

namespace rejoinder::persistence::sqlite {
namespace {

/// Calls `take(name, number)` for each column, numbered from 1.
template <class Take>
void for_each_column(std::string_view columns, Take take) {
    for (int number = 1; !columns.empty(); ++number) {
        auto end = std::min(columns.find(", "), columns.size());
        take(columns.substr(0, end), std::to_string(number));
        columns.remove_prefix(std::min(end + 2, columns.size()));
    }
}

} // namespace

std::string insert(std::string_view table, std::string_view columns) {
    std::string values;
    for_each_column(columns, [&](std::string_view, const std::string& number) {
        values += (values.empty() ? "?" : ", ?") + number;
    });
    return "insert into " + std::string(table) + " (" + std::string(columns) + ") values (" + values + ")";
}

std::string assignments(std::string_view columns) {
    std::string list;
    for_each_column(columns, [&](std::string_view name, const std::string& number) {
        list.append(list.empty() ? "" : ", ").append(name).append(" = ?").append(number);
    });
    return list;
}

} // namespace rejoinder::persistence::sqlite
