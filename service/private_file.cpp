#include "service/private_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace rejoinder::service {
namespace {

bool write_whole(int file, std::string_view text) {
    return ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

appended append_to(int file, std::string_view text, std::uint64_t most) {
    struct stat found{};
    if (::fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) return appended::failed;
    if ((found.st_mode & 077) != 0 && ::fchmod(file, 0600) != 0) return appended::failed;
    if (static_cast<std::uint64_t>(found.st_size) + text.size() > most) return appended::full;
    char last = '\n';
    if (found.st_size > 0 && ::pread(file, &last, 1, found.st_size - 1) != 1) return appended::failed;
    if (last != '\n' && !write_whole(file, "\n")) return appended::failed;
    if (write_whole(file, text)) return appended::whole;
    (void)!::ftruncate(file, found.st_size);
    return appended::failed;
}

} // namespace

bool write_private_file(const std::string& place, std::string_view text) {
    namespace fs = std::filesystem;
    std::error_code error;
    auto beside = place + ".new";
    // What an interrupted run left there may be open to others: the file that is written is a new one.
    fs::remove(beside, error);
    int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool written = write_whole(file, text);
    written = ::close(file) == 0 && written;
    if (!written) return false;
    fs::rename(beside, place, error);
    return !error;
}

appended append_private_file(const std::string& place, std::string_view text, std::uint64_t most,
                             missing_file without) {
    int making = without == missing_file::made ? O_CREAT : 0;
    int file = ::open(place.c_str(), O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | making, 0600);
    if (file < 0) return making == 0 && errno == ENOENT ? appended::missing : appended::failed;
    auto how = append_to(file, text, most);
    if (::close(file) != 0 && how == appended::whole) how = appended::failed;
    return how;
}

} // namespace rejoinder::service
