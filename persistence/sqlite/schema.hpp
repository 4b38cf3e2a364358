#pragma once

#include "persistence/sqlite/migrate.hpp"

#include <span>

namespace rejoinder::persistence::sqlite {

/// Marks a file as ours ("RJDR"); SQLite keeps the number in the file's header.
inline constexpr int application_id = 0x524A4452;

/// The steps that lead from an empty file to the schema of this program, oldest first. A step that was
/// released is never edited: its checksum is in every database it was applied to.
std::span<const migration> schema_steps() noexcept;

} // namespace rejoinder::persistence::sqlite
