#include "persistence/file/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace rejoinder::persistence::file {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

class descriptor {
public:
    descriptor(int number, const std::string& what) : number_(number) {
        if (number_ < 0) fail(what);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() { ::close(number_); }
    int get() const noexcept { return number_; }

private:
    int number_;
};

class system_output final : public output {
public:
    system_output(const std::string& path, int flags)
        : path_(path), file_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0600), path) {}

    void append(std::string_view bytes) override {
        while (!bytes.empty()) {
            auto written = ::write(file_.get(), bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(path_);
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    void sync() override {
        if (::fdatasync(file_.get()) != 0) fail(path_);
    }

    void truncate(std::uint64_t size) override {
        if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) fail(path_);
    }

private:
    std::string path_;
    descriptor file_;
};

class system_input final : public input {
public:
    explicit system_input(const std::string& path)
        : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path) {}

    std::size_t read(std::span<char> into) override {
        for (;;) {
            auto count = ::read(file_.get(), into.data(), into.size());
            if (count >= 0) return static_cast<std::size_t>(count);
            if (errno != EINTR) fail(path_);
        }
    }

private:
    std::string path_;
    descriptor file_;
};

class system_disk final : public disk {
public:
    explicit system_disk(std::string path) : path_(std::move(path)) {}

    std::vector<std::string> list() override {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path_))
            if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
        return names;
    }
    bool exists(const std::string& name) override { return std::filesystem::exists(at(name)); }
    std::unique_ptr<output> create(const std::string& name) override {
        return std::make_unique<system_output>(at(name), O_CREAT | O_EXCL);
    }
    std::unique_ptr<output> open(const std::string& name) override {
        return std::make_unique<system_output>(at(name), 0);
    }
    std::unique_ptr<input> read(const std::string& name) override {
        return std::make_unique<system_input>(at(name));
    }
    std::uint64_t size(const std::string& name) override { return std::filesystem::file_size(at(name)); }
    void rename(const std::string& from, const std::string& to) override {
        std::filesystem::rename(at(from), at(to));
    }
    void remove(const std::string& name) override { std::filesystem::remove(at(name)); }
    void sync_names() override {
        descriptor folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), path_);
        if (::fsync(folder.get()) != 0) fail(path_);
    }

private:
    std::string at(const std::string& name) const { return path_ + '/' + name; }

    std::string path_;
};

} // namespace

std::unique_ptr<disk> make_system_disk(std::string path) {
    return std::make_unique<system_disk>(std::move(path));
}

} // namespace rejoinder::persistence::file
