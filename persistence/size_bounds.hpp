#pragma once

#include "persistence/record.hpp"

#include <cstddef>

namespace rejoinder::persistence {

/// Bytes that a database takes and gives at once. Higher than these only below an encryption, whose texts are
/// longer than what they say.
struct size_bounds {
    std::size_t text = max_value_size; ///< a longer one is `too_large`
    std::size_t read = 4 << 20;        ///< a read of several ends with the one that brings its texts here
    std::size_t transfer = 16 << 20;   ///< one of more texts is `too_large`
};

} // namespace rejoinder::persistence
