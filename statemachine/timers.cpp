#include "statemachine/timers.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rejoinder::statemachine {
namespace {

constexpr std::array<std::pair<std::string_view, timer_policy>, 3> names{
    {{"deadline", timer_policy::deadline},
     {"remaining", timer_policy::remaining},
     {"restart", timer_policy::restart}}};

} // namespace

std::optional<timer_policy> parse_timer_policy(std::string_view text) {
    const auto* found = std::ranges::find(names, text, &decltype(names)::value_type::first);
    if (found == names.end()) return std::nullopt;
    return found->second;
}

std::string_view to_string(timer_policy policy) {
    return std::ranges::find(names, policy, &decltype(names)::value_type::second)->first;
}

std::optional<milliseconds> read_delay(const json& value) {
    if (!value.is_number_integer() || value < 0 || value > longest_timer.count()) return std::nullopt;
    return milliseconds(value.get<milliseconds::rep>());
}

} // namespace rejoinder::statemachine
