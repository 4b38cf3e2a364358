#include "tests/e2e/stored_sessions.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace rejoinder::tests {

stored_sessions::stored_sessions(const std::string& file) {
    if (sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK)
        throw std::runtime_error("the database can't be opened: " + file);
}

stored_sessions::~stored_sessions() {
    sqlite3_close(database_);
}

std::map<std::string, std::uint64_t> stored_sessions::heads() {
    std::map<std::string, std::uint64_t> heads;
    for (const auto& r : query("select id, head from session"))
        heads[r[0]] = std::stoull(r[1]);
    return heads;
}

stored_session stored_sessions::session(const std::string& id) {
    stored_session found;
    auto rows = query("select head, state from session where id = ?", id);
    if (rows.empty()) throw std::runtime_error("there is no session " + id);
    found.head = std::stoull(rows[0][0]);
    found.heard = json::parse(rows[0][1]).at("machine").at("context").at("heard");

    auto log = query("select turn, number, input, status, first, last, events from session_log"
                     " where session = (select key from session where id = ?) order by position",
                     id);
    for (const auto& r : log) {
        for (auto& event : json::parse(r[6]))
            found.events.push_back(std::move(event));
        if (r[0].empty()) continue;
        auto input = json::parse(r[2]);
        auto heard = input.value("heard", json(""));
        if (heard == true) heard = input.at("event").at("data").at("text");
        found.turns.push_back({r[0], std::stoull(r[1]), heard, r[3], std::stoull(r[4]), std::stoull(r[5])});
    }
    return found;
}

std::vector<std::string> stored_sessions::repeated_turns() {
    std::vector<std::string> ids;
    for (const auto& r :
         query("select turn from session_log where turn <> '' group by turn having count(*) > 1"))
        ids.push_back(r[0]);
    return ids;
}

std::vector<stored_sessions::row> stored_sessions::query(const std::string& sql,
                                                         const std::string& parameter) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(database_));
    if (!parameter.empty()) sqlite3_bind_text(statement, 1, parameter.c_str(), -1, SQLITE_TRANSIENT);
    std::vector<row> rows;
    int status = sqlite3_step(statement);
    for (; status == SQLITE_ROW; status = sqlite3_step(statement)) {
        row columns;
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
            columns.emplace_back(text ? text : "");
        }
        rows.push_back(std::move(columns));
    }
    sqlite3_finalize(statement);
    if (status != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database_));
    return rows;
}

} // namespace rejoinder::tests
