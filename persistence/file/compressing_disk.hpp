#pragma once

#include "persistence/file/disk.hpp"

namespace rejoinder::persistence::file {

/// A disk whose snapshots are compressed as they are written, if that is wanted, and read whether they are or
/// not: a zstd frame (RFC 8878) with its own checksum, which `zstd -dc` shows as the lines that it holds.
/// What is compressed shall be appended and synced once, at its end. Journals stay as they are, as every
/// commit would have to end a frame.
std::unique_ptr<disk> make_compressing_disk(std::shared_ptr<disk> inner, bool compresses);

} // namespace rejoinder::persistence::file
