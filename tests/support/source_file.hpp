#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace rejoinder::tests {

/// The text of a file of the source tree, named from its root.
inline std::string read_source_file(const std::string& path) {
    std::ifstream file(std::string(REJOINDER_SOURCE_DIR "/") + path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace rejoinder::tests
