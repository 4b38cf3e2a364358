#pragma once

#include <string>

namespace rejoinder::service::load {

/// A folder for a server's database that is gone afterwards.
class scratch_folder {
public:
    /// Inside the folder that temporary files have here, or inside `parent`, which is made when it is
    /// missing. What is measured with durable commits belongs on a disk: `is_in_memory` tells when it is not.
    explicit scratch_folder(const std::string& parent = "");
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    ~scratch_folder();

    /// Empty when it could not be made.
    const std::string& path() const noexcept { return path_; }

    /// Whether what is flushed there is flushed to nothing.
    bool is_in_memory() const noexcept;

private:
    std::string path_;
};

} // namespace rejoinder::service::load
