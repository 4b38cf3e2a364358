#pragma once

#include <span>
#include <string_view>

namespace rejoinder::persistence::postgresql {

/// One step of the schema: its number (1, 2, ...) and the SQL that leads there from the one before.
struct migration {
    int version = 0;
    std::string_view sql;
};

std::span<const migration> schema_steps() noexcept;

} // namespace rejoinder::persistence::postgresql
