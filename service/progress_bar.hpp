#pragma once

#include <cstddef>
#include <string>

namespace rejoinder::service {

/// How far long work has come, on one line of standard error while that is a terminal; nowhere else a trace
/// of it.
class progress_bar {
public:
    explicit progress_bar(std::string what);
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    ~progress_bar(); ///< wipes the line

    void show(std::size_t done, std::size_t total);

private:
    std::string what_;
    bool on_terminal_;
};

/// `replaying [##########----------] 31/61`, without the line's end. Where nobody knows how much there is (a
/// total of 0) only `replaying 31`.
std::string progress_line(const std::string& what, std::size_t done, std::size_t total);

} // namespace rejoinder::service
