#pragma once

#include <algorithm>
#include <string_view>

namespace rejoinder::tests::fuzz {

/// Takes the first line away, without its end; the rest, where it has none.
inline std::string_view take_line(std::string_view& from) {
    auto end = std::min(from.find('\n'), from.size());
    auto line = from.substr(0, end);
    from.remove_prefix(std::min(end + 1, from.size()));
    return line;
}

} // namespace rejoinder::tests::fuzz
