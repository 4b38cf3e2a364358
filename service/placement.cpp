#include "service/placement.hpp"

#include <cstdint>

namespace rejoinder::service {

/// FNV-1a, whose low bits are good enough for a remainder once the high ones are folded into them: ids that a
/// client has made up may be alike.
std::size_t placement::home_of(std::string_view name) const noexcept {
    if (loops_ == 1) return 0;
    std::uint64_t hash = 14695981039346656037ULL;
    for (unsigned char byte : name)
        hash = (hash ^ byte) * 1099511628211ULL;
    hash ^= hash >> 32;
    return static_cast<std::size_t>(hash % loops_);
}

} // namespace rejoinder::service
