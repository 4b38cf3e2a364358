#pragma once

#include "tests/support/source_folder.hpp"

#include <fstream>
#include <iterator>
#include <string>

namespace rejoinder::tests {

/// The text of a file of the source tree, named from its root.
inline std::string read_source_file(const std::string& path) {
    std::ifstream file(source_folder() + "/" + path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace rejoinder::tests
