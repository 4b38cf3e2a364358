#pragma once

#include "tests/support/temporary_folder.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace rejoinder::tests {

/// A file system of its own, in memory and as small as is wanted, for files that meet a real full or
/// read-only disk. It is mounted where only this process sees it, so that nothing of it outlives the process
/// however that ends.
class small_disk {
public:
    /// Whether one can be made here; says so otherwise.
    static bool is_available_or_skip() {
        static const bool available = has_mounts_of_its_own();
        if (!available) std::puts("SKIPPED: only root may mount a small file system");
        return available;
    }

    explicit small_disk(std::size_t bytes) : options_("mode=0700,size=" + std::to_string(bytes)) {
        if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options_.c_str()) != 0) fail("mount");
    }
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;
    ~small_disk() { ::umount2(folder_.path().c_str(), MNT_DETACH); }

    const std::filesystem::path& path() const noexcept { return folder_.path(); }
    std::string file(const std::string& name) const { return folder_.file(name); }

    std::size_t room() const {
        struct statvfs about{};
        if (::statvfs(folder_.path().c_str(), &about) != 0) fail("statvfs");
        return about.f_bavail * about.f_frsize;
    }

    /// Takes all the room but for so many bytes; a file system gives room by whole pages. What was taken
    /// before stays taken on the way: a store that looks for room would find it.
    void fill_but(std::size_t left) {
        int filler = ::open(file(filler_name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (filler < 0) fail("open");
        auto taken = ::lseek(filler, 0, SEEK_END);
        auto wanted = taken + static_cast<off_t>(room()) - static_cast<off_t>(left);
        int problem = 0;
        if (wanted > taken)
            problem = ::posix_fallocate(filler, 0, wanted);
        else if (::ftruncate(filler, std::max<off_t>(wanted, 0)) != 0)
            problem = errno;
        ::close(filler);
        if (problem != 0) throw std::system_error(problem, std::system_category(), "filling a small disk");
    }

    void make_room() { std::filesystem::remove(file(filler_name)); }

    /// Nobody may have a file open for writing.
    void make_read_only() { remount(MS_RDONLY); }
    void make_writable() { remount(0); }

private:
    static constexpr const char* filler_name = "filler";

    [[noreturn]] static void fail(const char* what) {
        throw std::system_error(errno, std::system_category(), what);
    }

    /// Mounts made by this thread, and seen by those that it starts, are nobody else's from now on.
    static bool has_mounts_of_its_own() {
        return ::unshare(CLONE_NEWNS) == 0 &&
               ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    }

    void remount(unsigned long flags) {
        if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", MS_REMOUNT | flags, options_.c_str()) != 0)
            fail("remount");
    }

    temporary_folder folder_;
    std::string options_;
};

} // namespace rejoinder::tests
