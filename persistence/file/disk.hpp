#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence::file {

/// A file that is written at its end. Not thread-safe.
class output {
public:
    virtual ~output() = default;
    virtual void append(std::string_view bytes) = 0;
    virtual void sync() = 0; ///< what was appended survives a loss of power
    virtual void truncate(std::uint64_t size) = 0;
};

/// A file that is read from its beginning.
class input {
public:
    virtual ~input() = default;
    virtual std::size_t read(std::span<char> into) = 0; ///< 0: the end
};

/// One folder of a disk: the seam between the file database and the operating system, so that a test can lose
/// what was not synced. Names are plain file names. A name that was created, renamed or removed survives a
/// loss of power only after `sync_names`. Every function throws `std::system_error`.
class disk {
public:
    virtual ~disk() = default;
    virtual std::vector<std::string> list() = 0; ///< in no particular order
    virtual bool exists(const std::string& name) = 0;
    virtual std::unique_ptr<output> create(const std::string& name) = 0; ///< there must be none
    virtual std::unique_ptr<output> open(const std::string& name) = 0;   ///< an existing one, at its end
    virtual std::unique_ptr<input> read(const std::string& name) = 0;
    virtual std::uint64_t size(const std::string& name) = 0;
    virtual void rename(const std::string& from, const std::string& to) = 0;
    virtual void remove(const std::string& name) = 0;
    virtual void sync_names() = 0;
};

/// The folder at `path`, which exists.
std::unique_ptr<disk> make_system_disk(std::string path);

} // namespace rejoinder::persistence::file
