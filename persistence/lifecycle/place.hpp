#pragma once

#include "persistence/database.hpp"

#include <string>
#include <vector>

/// The files that a store consists of, and those beside it.
namespace rejoinder::persistence::lifecycle {

/// Whether there is a store, or something that may be one.
bool stands(const database_options& where);

/// Older states of a store that the program has kept beside it, from before something that changed it for
/// good, and what was damaged. They are no part of the store, and hold what was erased from it since. Blocks.
std::vector<std::string> former_states(const database_options& where);

/// Where a store as it is now is kept before something changes it; `what` was never used before.
std::string former_place(const database_options& of, const std::string& what);

/// What a path leads to, as `restore` finds it there.
enum class backup_kind { none, sqlite, file, exported };
backup_kind kind_of_backup(const std::string& path);

/// Copies the files of a store that nobody has open. Throws `std::system_error`.
void copy_files(const database_options& from, const database_options& to);

/// Removes a store that nobody has open. Throws `std::system_error`.
void remove_files(const database_options& of);

/// Puts one store in the place of another, which nobody has open; there need be none. What stood there stays
/// beside it (`former_place`), under the name that is returned; empty: there was nothing. Throws
/// `std::system_error`.
std::string replace_files(const database_options& of, const database_options& by, const std::string& what);

} // namespace rejoinder::persistence::lifecycle
