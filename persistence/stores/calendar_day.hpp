#pragma once

#include "persistence/stores/record_walk.hpp"

#include <optional>

namespace rejoinder::persistence {

/// A day of a calendar without a time zone; the year may be unknown, as that of a birthday often is.
struct calendar_day {
    int month = 0;
    int day = 0;
    std::optional<int> year;
    friend bool operator==(const calendar_day&, const calendar_day&) = default;
};
void describe(record_walk& walk, calendar_day& value);

} // namespace rejoinder::persistence
