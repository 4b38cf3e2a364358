#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence::sqlite {

/// A list of three numbers each as a column has it: JSON, an array of arrays, so that SQL can read it, too.
/// No number is negative.
inline constexpr std::string_view no_triples = "[]";

constexpr std::size_t numbers_of_triple = 3;

/// Adds three numbers to a list.
void add_triple(std::string& list, std::uint64_t first, std::uint64_t second, std::uint64_t third);

/// All numbers of a list that was made here, one after the other; nothing where it is damaged. What is a list
/// here is one for SQLite as well.
std::optional<std::vector<std::int64_t>> numbers_of(std::string_view list);

/// How many triples it has; nothing where it is damaged.
std::optional<std::size_t> count_of_triples(std::string_view list);

/// SQL for the number at 0, 1 or 2 of a row of `json_each` over a list. Rows that are no array have none.
std::string number_of_triple(int at);

/// SQL of a table for a list that is JSON in any case: its triples with names for their numbers, and
/// `number`, their place in it.
std::string rows_of_triples(std::string_view list, std::string_view first, std::string_view second,
                            std::string_view third);

} // namespace rejoinder::persistence::sqlite
