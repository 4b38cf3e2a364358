#pragma once

#include "persistence/lifecycle/subject.hpp"
#include "service/recording/lines.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// A folder of recordings: one file `ID.ndjson` for each session. All of it blocks; a folder that is not
/// there is empty.
namespace rejoinder::service {

/// Whether a session's id is the name of a file: ids are the server's own, and one that could lead out of the
/// folder is none.
bool names_recording(std::string_view session);

/// Where a session is recorded. The id names a recording.
std::string place_of_recording(const std::string& folder, std::string_view session);

/// Of all recordings in it.
std::uint64_t bytes_of_recordings(const std::string& folder);

struct found_recordings {
    std::vector<std::string> files;
    std::vector<std::string> unclear; ///< whose they are can't be read
};

/// The recordings of which any part belongs to somebody that is meant. Reads all of them.
found_recordings find_recordings(const std::string& folder,
                                 const std::function<bool(const recorded_owner&)>& is_meant);

/// As the erasing of a session from a store decides it.
bool belongs_to(const recorded_owner& owner, const persistence::lifecycle::subject& who);

} // namespace rejoinder::service
