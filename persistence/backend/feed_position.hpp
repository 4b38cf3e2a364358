#pragma once

#include "persistence/change_feed.hpp"
#include "persistence/error.hpp"
#include "persistence/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Positions in a feed whose changes are numbered: the incarnation of the store and the number of the last
/// change that was read, as `INCARNATION:NUMBER`.
namespace rejoinder::persistence::backend {

std::string to_position(std::string_view incarnation, std::uint64_t number);

/// Nothing when it is no position, or one of another incarnation.
std::optional<std::uint64_t> from_position(std::string_view incarnation, std::string_view position) noexcept;

/// Some changes of a feed by their numbers.
struct numbered_changes {
    std::vector<change> changes;
    std::uint64_t last = 0; ///< number of the last of them
};

/// Answers `read_changes` with `read`, which takes the number behind which to read (nothing: from the first)
/// and gives a `result<numbered_changes>`.
template <class Read>
result<change_page> read_page(std::string_view incarnation, const std::string& after, Read read) {
    std::optional<std::uint64_t> behind;
    if (!after.empty() && !(behind = from_position(incarnation, after))) return errc::trimmed;
    result<numbered_changes> found = read(behind);
    if (!found) return found.error();
    change_page page{std::move(found->changes), after};
    if (!page.changes.empty()) page.next = to_position(incarnation, found->last);
    return page;
}

} // namespace rejoinder::persistence::backend
