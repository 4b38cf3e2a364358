#pragma once

#include "persistence/database.hpp"

namespace rejoinder::persistence {

/// The store of local development and of exports: a folder of JSON lines that a person can read, with a
/// checksum each. Everything is in memory while it is open; a journal makes it durable, snapshots keep the
/// journal short. See file/generation.hpp for the files and file/file_writer.hpp for the thread.
result<std::unique_ptr<database>> open_file_database(environment& env, const database_options& options,
                                                     std::string& why);

} // namespace rejoinder::persistence
