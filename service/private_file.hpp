#pragma once

#include <string>
#include <string_view>

namespace rejoinder::service {

/// Puts a file for its owner's eyes alone (mode 0600) in a place, whole or not at all, instead of one that is
/// there. Blocks. False when that fails; then what was there is there.
bool write_private_file(const std::string& place, std::string_view text);

} // namespace rejoinder::service
