#include "service/load/scratch_folder.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace rejoinder::service::load {

namespace fs = std::filesystem;

scratch_folder::scratch_folder(const std::string& parent) {
    std::error_code ignored;
    if (!parent.empty()) fs::create_directories(parent, ignored);
    auto place = parent.empty() ? fs::temp_directory_path(ignored) : fs::path(parent);
    auto pattern = (place / "rejoinder-bench-XXXXXX").string();
    if (const char* made = ::mkdtemp(pattern.data())) path_ = made;
}

scratch_folder::~scratch_folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

bool scratch_folder::is_in_memory() const noexcept {
    struct statfs about{};
    return ::statfs(path_.c_str(), &about) == 0 && about.f_type == TMPFS_MAGIC;
}

} // namespace rejoinder::service::load
