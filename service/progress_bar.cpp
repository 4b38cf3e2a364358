#include "service/progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace rejoinder::service {

progress_bar::progress_bar(std::string what)
    : what_(std::move(what)), on_terminal_(isatty(STDERR_FILENO) == 1) {}

progress_bar::~progress_bar() {
    if (on_terminal_) std::fputs("\r\x1b[K", stderr);
}

void progress_bar::show(std::size_t done, std::size_t total) {
    if (on_terminal_) std::fprintf(stderr, "\r%s\x1b[K", progress_line(what_, done, total).c_str());
}

std::string progress_line(const std::string& what, std::size_t done, std::size_t total) {
    if (total == 0 && done > 0) return what + ' ' + std::to_string(done);
    constexpr std::size_t width = 20;
    auto filled = total == 0 ? width : width * std::min(done, total) / total;
    return what + " [" + std::string(filled, '#') + std::string(width - filled, '-') + "] " +
           std::to_string(done) + '/' + std::to_string(total);
}

} // namespace rejoinder::service
