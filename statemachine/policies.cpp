#include "statemachine/policies.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace rejoinder::statemachine {
namespace {

using policy = overlap::policy;

constexpr std::array<std::pair<std::string_view, migration_policy>, 3> migration_policies{
    {{"migrate", migration_policy::migrate},
     {"pin", migration_policy::pin},
     {"restart", migration_policy::restart}}};

/// How much a policy takes from the turns that are there already.
int strictness(policy what) {
    switch (what) {
    case policy::reject:
        return 3;
    case policy::queue:
        return 2;
    case policy::merge:
    case policy::debounce:
        return 1;
    case policy::replace:
        break;
    }
    return 0;
}

std::optional<milliseconds> parse_quiet(std::string_view text) {
    static constexpr std::string_view before = "debounce(";
    if (!text.starts_with(before) || !text.ends_with(')')) return std::nullopt;
    text.remove_prefix(before.size());
    text.remove_suffix(1);
    milliseconds::rep count = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (count < 1 || milliseconds(count) > overlap::longest_quiet) return std::nullopt;
    return milliseconds(count);
}

} // namespace

std::optional<overlap> parse_overlap(std::string_view text) {
    static constexpr std::pair<std::string_view, policy> plain[] = {{"queue", policy::queue},
                                                                    {"reject", policy::reject},
                                                                    {"replace", policy::replace},
                                                                    {"merge", policy::merge}};
    for (const auto& [name, what] : plain)
        if (text == name) return overlap{what, {}};
    if (auto quiet = parse_quiet(text)) return overlap{policy::debounce, *quiet};
    return std::nullopt;
}

bool is_as_strict(const overlap& wished, const overlap& declared) {
    return wished.what == declared.what || strictness(wished.what) > strictness(declared.what);
}

std::optional<takeover> parse_takeover(std::string_view text) {
    static constexpr std::pair<std::string_view, takeover> names[] = {
        {"newest", takeover::newest}, {"refuse", takeover::refuse}, {"share", takeover::share}};
    for (const auto& [name, what] : names)
        if (text == name) return what;
    return std::nullopt;
}

std::optional<migration_policy> parse_migration_policy(std::string_view text) {
    const auto* found =
        std::ranges::find(migration_policies, text, &decltype(migration_policies)::value_type::first);
    if (found == migration_policies.end()) return std::nullopt;
    return found->second;
}

std::string_view to_string(migration_policy policy) {
    return std::ranges::find(migration_policies, policy, &decltype(migration_policies)::value_type::second)
        ->first;
}

} // namespace rejoinder::statemachine
