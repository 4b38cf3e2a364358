#pragma once

#include "persistence/backend/store_lock.hpp"
#include "persistence/environment.hpp"
#include "persistence/result.hpp"
#include "persistence/schema_versions.hpp"
#include "persistence/sqlite/connection.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace rejoinder::persistence::sqlite {

/// A connection to the store's file with every setting said and read back. Throws `failure`. Closing it
/// leaves the log as it is.
std::unique_ptr<connection> connect(const std::string& path);

/// The writer's, after an error that leaves open what the disk holds. Nobody may have the store open: the
/// file is verified, then all of the log is written into it once more, whatever was counted as worked in, and
/// flushed. Throws `failure`.
std::unique_ptr<connection> connect_anew(const std::string& path);

/// Reads the whole file for damage; throws `failure` when there is any. Costs a read of the file.
void verify(connection& on);

/// Which file it is that a path leads to; zeros when that is not known.
struct file_identity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;

    /// Whether the path leads to another file now. Where there is none, it does not.
    bool is_elsewhere(const std::string& path) const noexcept;
    friend bool operator==(const file_identity&, const file_identity&) = default;
};

file_identity identify(const std::string& path) noexcept;

/// An opened store. The lock outlives every connection.
struct store_file {
    backend::store_lock lock;
    std::string path;
    std::string incarnation;
    schema_versions schema;
    file_identity file;
    std::unique_ptr<connection> writer;
};

/// Makes the file and its folder when there are none, refuses what another server has open (`unavailable`)
/// and what is no intact store of this program's or an older schema, migrates, and marks the store as being
/// open. A file that is refused is left as it is; `why` says which one and what to do.
result<store_file> open_store_file(environment& env, const std::string& location, std::string& why);

/// Writes something that no program reads, to see whether the store can be written. Throws `failure`.
void try_writing(connection& on);

/// Bytes of everything that belongs to the store: the file, its log, and copies made before migrations.
std::uint64_t size_on_disk(const std::string& path);

/// Removes the copies made before migrations. Throws `failure`.
void remove_old_copies(const std::string& path);

/// The last word before a proper end: the next start need not verify the file.
void mark_closed(connection& on);

} // namespace rejoinder::persistence::sqlite
