#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace rejoinder::tests {

/// Where tests keep their files: in TMPDIR where that is set, else in memory where there is room. Waiting for
/// the flushes of a disk would prove nothing and take half of the time: a system that runs on gives back what
/// it was given, flushed or not, and one that loses power is what the power-loss tests bring along.
inline std::filesystem::path place_of_tests() {
    constexpr std::uintmax_t enough_room = std::uintmax_t{2} << 30;
    std::filesystem::path memory = "/dev/shm";
    std::error_code none;
    bool is_roomy = std::filesystem::space(memory, none).available >= enough_room && !none;
    if (!std::getenv("TMPDIR") && is_roomy && ::access(memory.c_str(), W_OK) == 0) return memory;
    return std::filesystem::temp_directory_path();
}

/// A fresh folder that is gone, with whatever is in it, when the test ends.
class temporary_folder {
public:
    temporary_folder() {
        auto pattern = (place_of_tests() / "rejoinder-test-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make a temporary folder");
        path_ = pattern;
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const noexcept { return path_; }
    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

} // namespace rejoinder::tests
