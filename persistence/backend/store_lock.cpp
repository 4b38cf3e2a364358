#include "persistence/backend/store_lock.hpp"

#include "persistence/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace rejoinder::persistence::backend {
namespace {

std::string file_of(const std::string& store) {
    return store + ".lock";
}

/// Lets whoever finds the lock taken say by whom. A disk without room for it does not matter.
void sign(const descriptor& file) {
    auto text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) == 0) static_cast<void>(::pwrite(file.get(), text.data(), text.size(), 0));
}

/// " (process 4711)", or nothing when the holder has not signed.
std::string holder(const descriptor& file) {
    std::array<char, 16> text{};
    auto length = ::pread(file.get(), text.data(), text.size(), 0);
    std::string_view number(text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    number = number.substr(0, number.find('\n'));
    bool known = !number.empty() && std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
    return known ? " (process " + std::string(number) + ")" : std::string();
}

} // namespace

result<store_lock> store_lock::take(const std::string& store, std::string& why) {
    for (;;) {
        descriptor file(::open(file_of(store).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            if (file && errno == EWOULDBLOCK) {
                why = "is in use by another server" + holder(file) +
                      "; stop that one first, or name another file";
                return errc::unavailable;
            }
            why = "cannot be locked by " + file_of(store) + " (" + std::system_category().message(errno) +
                  "); change the permissions, or name a place on a local disk";
            return errc::unwritable;
        }
        store_lock taken(store, std::move(file));
        // Somebody may have removed the file between the two calls: its lock would keep nobody off.
        if (!taken.in_place()) continue;
        sign(taken.file_);
        return taken;
    }
}

bool store_lock::hold() {
    if (in_place()) return true;
    std::string why;
    auto anew = take(store_, why);
    if (!anew) return false;
    *this = std::move(*anew);
    return true;
}

bool store_lock::in_place() const {
    struct stat ours{};
    struct stat standing{};
    return ::fstat(file_.get(), &ours) == 0 && ::stat(file_of(store_).c_str(), &standing) == 0 &&
           ours.st_dev == standing.st_dev && ours.st_ino == standing.st_ino;
}

} // namespace rejoinder::persistence::backend
