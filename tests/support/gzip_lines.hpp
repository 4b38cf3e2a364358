#pragma once

#include <zlib.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>

namespace rejoinder::tests {

/// The lines of a text file, compressed by gzip or not.
class gzip_lines {
public:
    explicit gzip_lines(const std::string& path) : file_(gzopen(path.c_str(), "rb")) {
        if (!file_) throw std::runtime_error("can't read " + path);
    }
    gzip_lines(const gzip_lines&) = delete;
    gzip_lines& operator=(const gzip_lines&) = delete;
    ~gzip_lines() { gzclose(file_); }

    /// Without its end; nothing behind the last one.
    std::optional<std::string> next() {
        std::string line;
        std::array<char, 65536> part{};
        while (gzgets(file_, part.data(), static_cast<int>(part.size()))) {
            line += part.data();
            if (line.ends_with('\n')) {
                line.pop_back();
                return line;
            }
        }
        int problem = Z_OK;
        gzerror(file_, &problem);
        if (problem != Z_OK) throw std::runtime_error("a damaged gzip file");
        if (line.empty()) return std::nullopt;
        return line;
    }

private:
    gzFile file_;
};

} // namespace rejoinder::tests
