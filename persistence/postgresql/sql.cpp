#include "persistence/postgresql/sql.hpp"

#include <algorithm>

namespace rejoinder::persistence::postgresql {
namespace {

/// Calls `take(name, number)` for each column, numbered from 1, and joins what it returns.
template <class Take>
std::string join(std::string_view columns, Take take) {
    std::string list;
    for (int number = 1; !columns.empty(); ++number) {
        auto end = std::min(columns.find(", "), columns.size());
        auto name = columns.substr(0, end);
        auto quote = name.starts_with('\'') ? "" : "\"";
        list += (list.empty() ? "" : ", ") + take(quote + std::string(name) + quote, std::to_string(number));
        columns.remove_prefix(std::min(end + 2, columns.size()));
    }
    return list;
}

} // namespace

std::string quoted(std::string_view columns) {
    return join(columns, [](const std::string& name, const std::string&) { return name; });
}

std::string insert(std::string_view table, std::string_view columns) {
    auto values = join(columns, [](const std::string&, const std::string& number) { return "$" + number; });
    return "insert into " + std::string(table) + " (" + quoted(columns) + ") values (" + values + ")";
}

std::string assignments(std::string_view columns) {
    return join(columns,
                [](const std::string& name, const std::string& number) { return name + " = $" + number; });
}

} // namespace rejoinder::persistence::postgresql
