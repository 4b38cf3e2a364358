#include "persistence/sqlite/file_system.hpp"

#include "persistence/backend/descriptor.hpp"
#include "persistence/backend/folders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace rejoinder::persistence::sqlite {
namespace {

namespace fs = std::filesystem;

using backend::last_error;
using backend::make_folders;

std::string make_file(const fs::path& file) {
    backend::descriptor made(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!made || ::fsync(made.get()) != 0 || !backend::flush_folder(file.parent_path())) return last_error();
    return {};
}

/// An empty file is what a start leaves that was interrupted at its very beginning.
bool begins_as_sqlite_does(const fs::path& file) {
    constexpr std::string_view magic("SQLite format 3\0", 16);
    backend::descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, magic.size()> head{};
    auto length = opened ? ::read(opened.get(), head.data(), head.size()) : -1;
    return length == 0 || std::string_view(head.data(), head.size()) == magic;
}

place refuse(const fs::path& file, errc problem, std::string why) {
    return {file.string(), problem, std::move(why), {}};
}

/// What is known without opening the file, so that a file that another server uses is left in peace.
place check_permissions(const fs::path& file, bool exists) {
    std::error_code ignored;
    if (exists && !fs::is_regular_file(file, ignored))
        return refuse(file, errc::unwritable, "is a folder or a device; name a file");
    if (exists && ::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) != 0)
        return refuse(file, errc::unwritable,
                      "cannot be written (" + last_error() + "); change its permissions");
    // The write-ahead log and the lock lie beside the file.
    if (::faccessat(AT_FDCWD, file.parent_path().c_str(), W_OK | X_OK, AT_EACCESS) != 0)
        return refuse(file, errc::unwritable,
                      (exists ? "is in a folder that cannot be written (" : "cannot be created (") +
                          last_error() + "); change the folder's permissions or name another place");
    return {file.string(), errc{}, {}, {}};
}

} // namespace

bool flush_folder(const std::string& of) {
    return backend::flush_folder(fs::path(of).parent_path());
}

place prepare_place(const std::string& location) {
    std::error_code ignored;
    auto file = fs::absolute(location, ignored);
    if (!file.has_filename()) return refuse(file, errc::unwritable, "is a folder; name a file in it");
    if (auto problem = make_folders(file.parent_path()); !problem.empty())
        return refuse(file, errc::unwritable,
                      "needs a folder that cannot be made (" + problem + "); make it or name another place");
    auto canonical = fs::weakly_canonical(file, ignored);
    if (!canonical.empty()) file = std::move(canonical);

    auto found = check_permissions(file, fs::exists(file, ignored));
    if (found.problem != errc{}) return found;
    auto lock = backend::store_lock::take(found.path, found.why);
    if (!lock) return refuse(file, static_cast<errc>(lock.error().value()), std::move(found.why));
    found.lock = std::move(*lock);

    if (!fs::exists(file, ignored)) {
        if (auto problem = make_file(file); !problem.empty())
            return refuse(file, errc::unwritable,
                          "cannot be created (" + problem +
                              "); change the folder's permissions or name another place");
    } else if (!begins_as_sqlite_does(file)) {
        return refuse(file, errc::corrupt, "is no SQLite database; name another file");
    }
    return found;
}

} // namespace rejoinder::persistence::sqlite
