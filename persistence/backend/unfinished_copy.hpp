#pragma once

#include <string>
#include <utility>

namespace rejoinder::persistence::backend {

/// A copy of a store while it is made: under a name of its own beside its place, for its owner only. What is
/// not finished is gone with its owner; a process that is killed leaves it behind, under a name that nobody
/// takes for the copy.
class unfinished_copy {
public:
    enum class kind { file, folder };

    /// Throws `std::system_error` when the place is taken or nothing can be made there.
    unfinished_copy(const std::string& place, kind what);
    unfinished_copy(const unfinished_copy&) = delete;
    unfinished_copy& operator=(const unfinished_copy&) = delete;
    ~unfinished_copy();

    /// Where it is made.
    const std::string& path() const noexcept { return path_; }

    /// Makes a file's bytes durable, gives the copy its name and makes that durable. Throws
    /// `std::system_error`, also when somebody has taken the place meanwhile.
    void finish();

private:
    kind what_;
    std::string place_;
    std::string path_;
};

} // namespace rejoinder::persistence::backend
