#include "tests/support/source_folder.hpp"

const std::string& rejoinder::tests::source_folder() {
    static const std::string folder = REJOINDER_SOURCE_DIR;
    return folder;
}
