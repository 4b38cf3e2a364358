#pragma once

#include "persistence/json.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::statemachine {

/// What time in which no server ran counts for a timer. A state declares it as `meta.timer` of its delayed
/// transition, `raise` as its parameter `policy`; without a word a timer is a deadline.
enum class timer_policy {
    deadline,  ///< it fires when it is due, or late
    remaining, ///< that time does not count, from the session's last commit on
    restart    ///< it begins anew
};

std::optional<timer_policy> parse_timer_policy(std::string_view text);
std::string_view to_string(timer_policy policy);

/// An event that a machine will be told later.
struct timer {
    std::string id;    ///< names it within the machine; another one of the same id takes its place
    std::string event; ///< the event's type
    json data = json::object();
    utc_time due{};
    milliseconds length{}; ///< from its start to `due`
    timer_policy policy = timer_policy::deadline;

    friend bool operator==(const timer&, const timer&) = default;
};

/// More timers than this do not run at a time in one machine.
inline constexpr std::size_t max_timers = 256;
/// Bytes that the events of all timers of one machine may carry.
inline constexpr std::size_t max_timer_data = 64 * 1024;
/// No timer runs longer: 100 years.
inline constexpr milliseconds longest_timer{3'155'760'000'000};

/// A whole number of milliseconds that a timer may run; nothing for anything else.
std::optional<milliseconds> read_delay(const json& value);

} // namespace rejoinder::statemachine
