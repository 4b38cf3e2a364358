#pragma once

#include "tests/support/catch.hpp"

#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <string>

namespace rejoinder::tests {

/// A database file seen by somebody else than the program: a person with a shell, an older or newer program.
class raw_file {
public:
    explicit raw_file(const std::string& path) { REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK); }
    raw_file(const raw_file&) = delete;
    raw_file& operator=(const raw_file&) = delete;
    ~raw_file() { sqlite3_close(handle_); }

    void execute(const std::string& sql) {
        INFO(sql);
        REQUIRE(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    }

    /// The first column of the last row.
    std::string single(const std::string& sql) {
        std::string value;
        auto take = [](void* into, int, char** columns, char**) {
            *static_cast<std::string*>(into) = columns[0] ? columns[0] : "";
            return 0;
        };
        INFO(sql);
        REQUIRE(sqlite3_exec(handle_, sql.c_str(), take, &value, nullptr) == SQLITE_OK);
        return value;
    }

private:
    sqlite3* handle_ = nullptr;
};

inline std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

} // namespace rejoinder::tests
