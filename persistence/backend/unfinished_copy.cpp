#include "persistence/backend/unfinished_copy.hpp"

#include "persistence/backend/descriptor.hpp"
#include "persistence/backend/folders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace rejoinder::persistence::backend {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(int error, const std::string& what) {
    throw std::system_error(error, std::system_category(), what);
}

/// The place without what it does not need, `copy/` for `copy` say.
std::string plain(const std::string& place) {
    auto whole = fs::absolute(place).lexically_normal();
    return whole.has_filename() ? whole.string() : whole.parent_path().string();
}

/// Some file systems cannot rename without replacing; there somebody who takes the place in this very moment
/// may lose it.
void rename_to_free_place(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno != EINVAL && errno != ENOSYS) fail(errno, to);
    std::error_code ignored;
    if (fs::exists(to, ignored)) fail(EEXIST, to);
    if (::rename(from.c_str(), to.c_str()) != 0) fail(errno, to);
}

} // namespace

unfinished_copy::unfinished_copy(const std::string& place, kind what)
    : what_(what), place_(plain(place)), path_(place_ + ".XXXXXX") {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(place_, ignored))) fail(EEXIST, place_);
    if (what == kind::folder) {
        if (!::mkdtemp(path_.data())) fail(errno, place_);
    } else if (descriptor made(::mkostemp(path_.data(), O_CLOEXEC)); !made) {
        fail(errno, place_);
    }
}

unfinished_copy::~unfinished_copy() {
    std::error_code ignored;
    if (path_ != place_) fs::remove_all(path_, ignored);
}

void unfinished_copy::finish() {
    if (what_ == kind::file) {
        descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file || ::fsync(file.get()) != 0) fail(errno, path_);
    }
    rename_to_free_place(path_, place_);
    path_ = place_;
    if (!flush_folder(fs::path(place_).parent_path())) {
        int error = errno;
        fs::remove_all(place_);
        fail(error, place_);
    }
}

} // namespace rejoinder::persistence::backend
