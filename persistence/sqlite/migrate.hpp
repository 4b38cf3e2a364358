#pragma once

#include "persistence/sqlite/connection.hpp"

#include <span>
#include <string>
#include <string_view>

namespace rejoinder::persistence::sqlite {

/// One step of a schema: its number (1, 2, ...) and the SQL that leads there from the one before.
struct migration {
    int version = 0;
    std::string_view sql;
};

/// Compares the steps that a database has behind it with those that this program knows. Nothing is written.
/// The answer is the number of applied steps, or `newer_schema` or `corrupt` with one sentence in `why`.
struct schema_state {
    errc problem{}; ///< zero: none
    std::size_t applied = 0;
    std::string why;
};
schema_state inspect_schema(connection& on, std::span<const migration> steps);

/// Applies one step in a transaction of its own and records it, so that an interrupted start leaves the step
/// done or not begun. Throws `failure`.
void apply(connection& on, const migration& step, utc_time now);

} // namespace rejoinder::persistence::sqlite
