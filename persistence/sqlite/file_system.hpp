#pragma once

#include "persistence/backend/store_lock.hpp"
#include "persistence/error.hpp"

#include <string>

namespace rejoinder::persistence::sqlite {

/// Where a database is, or why it cannot be there: `why` continues the sentence "the database FILE ...".
struct place {
    std::string path; ///< absolute, without links in it
    errc problem{};   ///< zero: none
    std::string why;
    backend::store_lock lock; ///< held unless there is a problem
};

/// Makes sure that there is a file that SQLite may open, and that no other server has it: creates it with its
/// folders when there is none, for its owner only (0600, 0700), flushed to the disk together with the
/// folder's entry. An existing file must be writable, and empty or begin as SQLite's files do; it is not
/// changed, nor opened while somebody else has the lock.
place prepare_place(const std::string& location);

/// Makes the name of a file durable, which it is only when its folder is flushed too.
bool flush_folder(const std::string& of);

} // namespace rejoinder::persistence::sqlite
