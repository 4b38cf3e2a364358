#include "persistence/key_file.hpp"

#include "persistence/backend/descriptor.hpp"
#include "persistence/backend/folders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rejoinder {
namespace {

namespace backend = persistence::backend;

/// What is in a file, which is small; nothing when it cannot be read.
std::optional<secret> read_file(int file, std::size_t size) {
    bool is_whole = true;
    auto text = secret::made(size, [&](std::span<std::byte> into) {
        while (!into.empty()) {
            auto count = ::read(file, into.data(), into.size());
            is_whole = count > 0;
            if (!is_whole) return;
            into = into.subspan(static_cast<std::size_t>(count));
        }
    });
    if (!is_whole) return std::nullopt;
    return text;
}

/// What is wrong with who may open the file; empty when nothing is.
std::string problem_of(mode_t mode, key_file_kind kind) {
    if (!S_ISREG(mode)) return "is no regular file; name one that holds keys";
    if (kind == key_file_kind::secret_keys && (mode & (S_IRWXG | S_IRWXO)) != 0)
        return "is open to others than its owner; change that with chmod 600";
    if ((mode & (S_IWGRP | S_IWOTH)) != 0)
        return "can be written by others than its owner; change that with chmod 644";
    return {};
}

} // namespace

std::optional<secret> read_key_file(const std::string& file, key_file_kind kind, std::string& why) {
    backend::descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about{};
    if (!opened || ::fstat(opened.get(), &about) != 0) {
        why = "the file " + file + " cannot be read (" + backend::last_error() + ")";
        return std::nullopt;
    }
    if (auto problem = problem_of(about.st_mode, kind); !problem.empty()) {
        why = "the file " + file + " " + problem;
        return std::nullopt;
    }
    auto size = static_cast<std::size_t>(about.st_size);
    auto text = size <= largest_key_file ? read_file(opened.get(), size) : std::nullopt;
    if (!text)
        why = "the file " + file + " cannot be read or is larger than 64 KiB; name one that holds keys";
    return text;
}

} // namespace rejoinder
