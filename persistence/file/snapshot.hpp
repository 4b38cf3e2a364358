#pragma once

#include "persistence/file/generation.hpp"

namespace rejoinder::persistence::file {

/// What a snapshot's name ends with while it is written.
inline constexpr std::string_view unfinished = ".new";

/// Writes everything there is into the generation's snapshot: into a temporary file first, which takes the
/// snapshot's name when all of it is on the disk. Throws `std::system_error`.
void write_snapshot(disk& folder, const generation_header& header, const memory_tables& tables);

struct snapshot {
    generation_header header;
    memory_tables tables;
};

/// Throws `failure` with `corrupt` when a line is damaged, missing or too many.
snapshot read_snapshot(disk& folder, std::uint64_t generation);

} // namespace rejoinder::persistence::file
