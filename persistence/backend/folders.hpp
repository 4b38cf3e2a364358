#pragma once

#include <filesystem>
#include <string>

namespace rejoinder::persistence::backend {

/// What the operating system said last, as a person reads it.
std::string last_error();

/// Makes the names in a folder durable: a new one is only when its folder is flushed too.
bool flush_folder(const std::filesystem::path& folder);

/// Makes the missing folders, outermost first, for their owner only (0700), and durable. The reason when that
/// is not possible, else empty.
std::string make_folders(const std::filesystem::path& folder);

} // namespace rejoinder::persistence::backend
