#pragma once

#include "persistence/stores/record_walk.hpp"

/// Bounds that several record types share, in bytes of UTF-8.
namespace rejoinder::persistence::bounds {

inline constexpr text_bounds id{1, 128};
inline constexpr text_bounds optional_id{0, 128};
inline constexpr text_bounds name{1, 120};
inline constexpr text_bounds optional_name{0, 120};
inline constexpr text_bounds text{0, 4096};
inline constexpr text_bounds needed_text{1, 4096};
inline constexpr text_bounds long_text{0, 32768};
inline constexpr text_bounds needed_long_text{1, 32768};

inline constexpr std::size_t object = 32768;

} // namespace rejoinder::persistence::bounds
