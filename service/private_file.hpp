#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// Puts a file for its owner's eyes alone (mode 0600) in a place, whole or not at all, instead of one that is
/// there. Blocks. False when that fails; then what was there is there.
bool write_private_file(const std::string& place, std::string_view text);

/// What becomes of text for a file that is not there.
enum class missing_file { made, left_out };

enum class appended {
    whole,
    missing, ///< there is no file, and none was wanted
    full,    ///< the file would have more than `most` bytes; nothing was written
    failed   ///< nothing was written, or what was could not be taken back, which a cut-off line shows
};

/// Puts text at the end of a file for its owner's eyes alone; behind a line that was cut off the text begins
/// a new one. Never follows a link. Blocks.
appended append_private_file(const std::string& place, std::string_view text, std::uint64_t most,
                             missing_file without = missing_file::made);

} // namespace rejoinder::service
