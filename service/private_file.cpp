#include "service/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace rejoinder::service {

bool write_private_file(const std::string& place, std::string_view text) {
    namespace fs = std::filesystem;
    std::error_code error;
    auto beside = place + ".new";
    // What an interrupted run left there may be open to others: the file that is written is a new one.
    fs::remove(beside, error);
    int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    written = ::close(file) == 0 && written;
    if (!written) return false;
    fs::rename(beside, place, error);
    return !error;
}

} // namespace rejoinder::service
