#pragma once

#include <string_view>

namespace rejoinder::persistence {

/// Whether a store takes changes, and if not, why.
enum class store_health {
    usable,
    busy,      ///< another program has it, or memory is short
    full,      ///< the disk has no room
    read_only, ///< the right to write was taken away
    lost       ///< the file is gone or its disk fails; it is opened and verified again
};

std::string_view to_string(store_health health) noexcept;

} // namespace rejoinder::persistence
