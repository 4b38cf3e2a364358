#include "persistence/sqlite/log_index.hpp"

#include "persistence/log.hpp"

#include <algorithm>

namespace rejoinder::persistence::sqlite {
namespace {

/// What a session's row names, as rows: each element is an array of `last`, `revision` and `position`. What
/// is no such list names nothing, so that a damaged row costs its own session and no other.
std::string named_in(std::string_view recent) {
    auto number = [](const char* at) {
        return std::string("cast(iif(type = 'array', value, '[]') ->> ") + at + " as integer)";
    };
    return "(select " + number("0") + " as last, " + number("1") + " as revision, " + number("2") +
           " as position from json_each(" + std::string(recent) + "))";
}

/// Whether it is a list as it is made here.
bool is_intact(std::string_view recent) {
    return recent == no_recent || (recent.starts_with("[[") && recent.ends_with("]]") &&
                                   recent.find_first_not_of("0123456789,[]") == std::string_view::npos);
}

constexpr std::string_view older_places =
    "(select last, revision, position from session_log_index where session = ?1)";

std::string newer_places() {
    return named_in("(select iif(json_valid(recent), recent, '[]') from session where key = ?1)");
}

} // namespace

log_index::log_index(connection& on)
    : put_(on, "insert into session_log_index (session, last, revision, position) values (?1, ?2, ?3, ?4)"),
      settle_(on, "insert or ignore into session_log_index (session, last, revision, position) "
                  "select ?1, last, revision, position from " +
                      named_in("iif(json_valid(?2), ?2, '[]')")),
      rebuild_(on, "insert or replace into session_log_index (session, last, revision, position) "
                   "select session, last, revision, position from session_log where session = ?1"),
      recent_(on, "select recent from session where key = ?1"),
      remove_(on, "delete from session_log_index where session = ?1 and last = ?2 and revision = ?3"),
      remove_up_to_(on, "delete from session_log_index where session = ?1 and (last, revision) <= (?2, ?3)"),
      remove_entries_(on,
                      "delete from session_log where session = ?1 and position in (select position from (" +
                          places_of_session("last, revision, position", "true", "last, revision") + "))"),
      remove_all_(on, "delete from session_log_index where session = ?1") {}

void log_index::add(session_key session, const log_entry& entry, std::int64_t position, std::string& recent) {
    if (!is_intact(recent)) {
        settle(session, recent);
        recent = no_recent;
        return;
    }
    if (recent == no_recent)
        recent = '[';
    else
        recent.back() = ',';
    recent.append("[")
        .append(std::to_string(entry.last))
        .append(",")
        .append(std::to_string(entry.revision.value))
        .append(",")
        .append(std::to_string(position))
        .append("]]");
    if (std::ranges::count(recent, ']') <= static_cast<std::ptrdiff_t>(most_recent)) return;
    settle(session, recent);
    recent = no_recent;
}

void log_index::put(session_key session, const log_entry& entry, std::int64_t position) {
    put_.execute(session.value, entry.last, entry.revision.value, position);
}

void log_index::settle(session_key session, const std::string& recent) {
    if (is_intact(recent)) return settle_.execute(session.value, recent);
    log::error("log_index_rebuilt", {{"session", session.value}, {"said", recent.substr(0, 64)}});
    rebuild_.execute(session.value);
}

void log_index::remove(session_key session, log_position entry) {
    remove_.execute(session.value, entry.last, entry.revision.value);
}

void log_index::remove_up_to(session_key session, log_position entry) {
    remove_up_to_.execute(session.value, entry.last, entry.revision.value);
}

void log_index::remove_entries(session_key session) {
    std::string recent(no_recent);
    {
        auto rows = recent_.run(session.value);
        if (rows.next()) rows.read(recent);
    }
    if (!is_intact(recent)) settle(session, recent);
    remove_entries_.execute(session.value);
    remove_all_.execute(session.value);
}

/// SQLite merges the two while they are fetched, each in its order.
std::string places_of_session(std::string_view columns, std::string_view condition, std::string_view order) {
    auto half = [&](std::string_view from) {
        return std::string("select ").append(columns).append(" from ").append(from).append(" where ").append(
            condition);
    };
    return half(older_places)
        .append(" union all ")
        .append(half(newer_places()))
        .append(" order by ")
        .append(order);
}

log_walk::log_walk(connection& on, std::string_view columns, std::string_view places, std::string_view order,
                   std::string_view entries)
    : places_(on, places_of_session("position, last, revision", places, order)),
      entry_(on, std::string("select ")
                     .append(columns)
                     .append(" from session_log where position = ?1 and session = ?2 and ")
                     .append(entries)) {}

bool log_walk::entries::next() {
    while (places_.next()) {
        std::int64_t position = 0;
        places_.read(position, reached_.last, reached_.revision.value);
        ++looked_at_;
        entry_.reset();
        entry_.emplace(statement_.run(position, session_.value));
        if (entry_->next()) return true;
    }
    entry_.reset();
    return false;
}

} // namespace rejoinder::persistence::sqlite
