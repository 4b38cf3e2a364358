#pragma once

#include "persistence/file/generation.hpp"

namespace rejoinder::persistence::file {

/// What a snapshot's name ends with while it is written.
inline constexpr std::string_view unfinished = ".new";

/// Writes everything there is into the generation's snapshot: into a temporary file first, which takes the
/// snapshot's name when all of it is on the disk. Throws `std::system_error`.
void write_snapshot(disk& folder, const generation_header& header, const memory_tables& tables);

/// The two steps of it. Of a temporary file that could not be written whole nothing stays, as it would take
/// the last room there is; one that is not wanted after all is discarded.
void prepare_snapshot(disk& folder, const generation_header& header, const memory_tables& tables);
void publish_snapshot(disk& folder, std::uint64_t generation);
void discard_snapshot(disk& folder, std::uint64_t generation) noexcept;

struct snapshot {
    generation_header header;
    memory_tables tables;
};

/// Throws `failure` with `corrupt` when a line is damaged, missing or too many.
snapshot read_snapshot(disk& folder, std::uint64_t generation);

} // namespace rejoinder::persistence::file
