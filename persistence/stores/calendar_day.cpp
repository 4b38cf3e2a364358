#include "persistence/stores/calendar_day.hpp"

#include <chrono>

namespace rejoinder::persistence {
namespace {

/// Without a year the 29th of February is a day.
bool exists(const calendar_day& day) {
    constexpr int leap_year = 2000;
    return std::chrono::year_month_day(std::chrono::year(day.year.value_or(leap_year)),
                                       std::chrono::month(static_cast<unsigned>(day.month)),
                                       std::chrono::day(static_cast<unsigned>(day.day)))
        .ok();
}

} // namespace

void describe(record_walk& walk, calendar_day& value) {
    walk.number("month", value.month, 1, 12);
    walk.number("day", value.day, 1, 31);
    walk.number("year", value.year, 1, 9999);
    walk.rule(exists(value), "day", "must be a day of its month");
}

} // namespace rejoinder::persistence
