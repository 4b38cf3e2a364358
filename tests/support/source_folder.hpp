#pragma once

#include <string>

namespace rejoinder::tests {

/// The root of the source tree. One source file alone knows it, so that the others compile to the same
/// wherever the tree is.
const std::string& source_folder();

} // namespace rejoinder::tests
