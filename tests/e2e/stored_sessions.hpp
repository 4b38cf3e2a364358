#pragma once

#include "persistence/json.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

struct sqlite3;

namespace rejoinder::tests {

/// A session as the database file has it.
struct stored_session {
    struct turn {
        std::string id;
        std::uint64_t number = 0;
        std::string text;
        std::string status;
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };
    std::uint64_t head = 0;
    std::uint64_t heard = 0; ///< the parrot's own count
    std::vector<turn> turns;
    std::vector<json> events;
};

/// Reads sessions out of a database file with SQLite alone: nothing of the program is believed here, and the
/// file is not written.
class stored_sessions {
public:
    explicit stored_sessions(const std::string& file);
    stored_sessions(const stored_sessions&) = delete;
    stored_sessions& operator=(const stored_sessions&) = delete;
    ~stored_sessions();

    /// The number of the last event of every session.
    std::map<std::string, std::uint64_t> heads();

    stored_session session(const std::string& id);

    /// Turn ids that are in the whole log more than once.
    std::vector<std::string> repeated_turns();

private:
    using row = std::vector<std::string>;
    std::vector<row> query(const std::string& sql, const std::string& parameter = "");

    sqlite3* database_ = nullptr;
};

} // namespace rejoinder::tests
