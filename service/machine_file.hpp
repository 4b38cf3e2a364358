#pragma once

#include "statemachine/definition.hpp"

#include <filesystem>
#include <optional>

namespace rejoinder::service {

/// A machine as it is read from a file, with the texts of the folder beside it that has the file's name
/// without
/// `.json`: `coach.json` finds `coach/introduction.md` as `{"file": "coach/introduction.md"}`. They become
/// part of the document (`statemachine::files_member`), so that whoever keeps it keeps them.
struct machine_file {
    ordered_json document; ///< null when the file is no JSON
    statemachine::load_outcome loaded;
};

/// Texts beside a machine: at most this many, and bytes of each. What is beyond is a problem.
inline constexpr std::size_t max_machine_texts = 200;
inline constexpr std::size_t max_machine_text = 64 * 1024;

/// Nothing when the file can't be read.
std::optional<machine_file> load_machine_file(const std::filesystem::path& file);

} // namespace rejoinder::service
