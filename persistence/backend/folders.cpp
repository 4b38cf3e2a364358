#include "persistence/backend/folders.hpp"

#include "persistence/backend/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace rejoinder::persistence::backend {

namespace fs = std::filesystem;

std::string last_error() {
    return std::system_category().message(errno);
}

bool flush_folder(const fs::path& folder) {
    descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened && ::fsync(opened.get()) == 0;
}

std::string make_folders(const fs::path& folder) {
    std::error_code ignored;
    if (folder.empty() || fs::is_directory(folder, ignored)) return {};
    if (auto problem = make_folders(folder.parent_path()); !problem.empty()) return problem;
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return last_error();
    return flush_folder(folder.parent_path()) ? std::string() : last_error();
}

} // namespace rejoinder::persistence::backend
