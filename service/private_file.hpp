#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// Puts a file for its owner's eyes alone (mode 0600) in a place, whole or not at all, instead of one that is
/// there. Blocks. False when that fails; then what was there is there.
bool write_private_file(const std::string& place, std::string_view text);

enum class appended {
    whole,
    full,  ///< the file would have more than `most` bytes; nothing was written
    failed ///< nothing was written, or what was could not be taken back, which a cut-off line shows
};

/// Puts text at the end of a file for its owner's eyes alone, which is made when it is not there; behind a
/// line that was cut off the text begins a new one. Never follows a link. Blocks.
appended append_private_file(const std::string& place, std::string_view text, std::uint64_t most);

} // namespace rejoinder::service
