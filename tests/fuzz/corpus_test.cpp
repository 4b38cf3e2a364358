#include "tests/fuzz/targets.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/source_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rejoinder::tests;

TEST_CASE("what fuzzers have found, and what they begin with, is read without a broken promise") {
    for (const auto& target : fuzz::targets()) {
        auto folder = source_folder() + "/tests/fuzz/corpus/" + std::string(target.name);
        int files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            CAPTURE(entry.path().string());
            std::ifstream in(entry.path(), std::ios::binary);
            std::string bytes(std::istreambuf_iterator<char>(in), {});
            target.run(bytes);
            for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 64)
                target.run(std::string_view(bytes).substr(0, length)); // and cut off
            ++files;
        }
        CAPTURE(target.name);
        CHECK(files > 0);
    }
}
