#pragma once

#include "persistence/file/disk.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace rejoinder::persistence::lifecycle {

/// A file that is there when all of it is, and on the disk: until `finish` it has another name, and goes with
/// its owner. For its owner only (0600). Every function throws `std::system_error`; that a file of the name
/// exists already is one of the reasons.
class export_file {
public:
    explicit export_file(const std::string& path);
    export_file(const export_file&) = delete;
    export_file& operator=(const export_file&) = delete;
    ~export_file();

    void append(std::string_view bytes);
    void finish();

private:
    std::unique_ptr<file::disk> folder_;
    std::string name_;
    std::string temporary_;
    std::unique_ptr<file::output> out_;
    std::string buffer_;
};

/// The file from its beginning. Throws `std::system_error`.
std::unique_ptr<file::input> read_file(const std::string& path);

} // namespace rejoinder::persistence::lifecycle
