#pragma once

#include "tests/support/source_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace rejoinder::tests {

/// Where the recorded robot sessions are: REJOINDER_CAPTURES, else beside the source tree. Says that the test
/// is skipped when they are not there.
inline std::optional<std::string> captures_or_skip() {
    const char* given = std::getenv("REJOINDER_CAPTURES");
    std::string place = given ? given : source_folder() + "/../shared/captures";
    if (std::filesystem::exists(place + "/robot-day-b.ndjson")) return place;
    std::cout << "SKIPPED: the recorded robot sessions are not here; REJOINDER_CAPTURES names their folder\n";
    return std::nullopt;
}

} // namespace rejoinder::tests
