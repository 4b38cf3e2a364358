#pragma once

#include "persistence/error.hpp"
#include "persistence/file/disk.hpp"
#include "persistence/file/lines.hpp"
#include "persistence/memory/memory_tables.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

/// A file store is a folder of generations. Generation g consists of a snapshot, everything that had been
/// committed when the generation began, and a journal, a line for each change set committed since. A new
/// generation begins with a new journal; its snapshot follows in the background and is made of the files of
/// the generation before. The one before the latest complete one is kept, so that one damaged snapshot loses
/// nothing.
namespace rejoinder::persistence::file {

/// Version 2 knows removals of sessions, transplants, purges and the numbers that must not come again. A file
/// of version 1 is read but not gone on with: an older program would take what it does not know for damage.
inline constexpr int format_version = 2;

/// What is at the head of every file, and tells that it belongs to this store and to this place in it.
struct generation_header {
    std::string incarnation;
    std::uint64_t generation = 1;
    std::uint64_t commits = 0;    ///< made before the generation began
    int version = format_version; ///< of the file that was read; what is written has the present one
};

/// Why a store cannot be opened or a file cannot be read: one sentence that names the file and what to do.
class failure : public std::runtime_error {
public:
    failure(errc code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
    errc code() const noexcept { return code_; }

private:
    errc code_;
};

enum class part { snapshot, journal };

std::string name_of(part kind, std::uint64_t generation);

/// The generation of a file of that kind by its name, else nothing.
std::optional<std::uint64_t> generation_of(part kind, std::string_view name);

/// The first line of a file.
std::string header_line(part kind, const generation_header& header);

/// Reads a file's first line. Throws `failure`: `newer_schema` when a newer program wrote it, `corrupt` when
/// it is no header of that kind.
generation_header read_header(part kind, const std::string& name, line_reader& lines);

} // namespace rejoinder::persistence::file
