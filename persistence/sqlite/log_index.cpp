#include "persistence/sqlite/log_index.hpp"

#include "persistence/log.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace rejoinder::persistence::sqlite {
namespace {

/// Of a full list.
constexpr std::size_t numbers_at_once = numbers_of_triple * log_index::most_recent;

/// SQL that puts entries of the session ?1 into the index, with the numbers of each as parameters.
std::string put_entries(std::size_t count) {
    std::string sql = "insert or ignore into session_log_index (session, last, revision, position) values ";
    for (std::size_t i = 0; i < count; ++i) {
        auto parameter = [&](std::size_t number) {
            return ", ?" + std::to_string(2 + numbers_of_triple * i + number);
        };
        sql.append(i == 0 ? "(?1" : ", (?1").append(parameter(0)).append(parameter(1)).append(parameter(2));
        sql += ')';
    }
    return sql;
}

constexpr std::string_view older_places =
    "(select last, revision, position from session_log_index where session = ?1)";

/// What the session's row names, as rows: each element is an array of `last`, `revision` and `position`. What
/// is no such list names nothing, so that a damaged row costs its own session and no other.
std::string newer_places() {
    return rows_of_triples("(select iif(json_valid(recent), recent, '[]') from session where key = ?1)",
                           "last", "revision", "position");
}

} // namespace

log_index::log_index(connection& on)
    : put_(on, "insert into session_log_index (session, last, revision, position) values (?1, ?2, ?3, ?4)"),
      settle_one_(on, put_entries(1)),
      settle_all_(on, put_entries(most_recent)),
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
    auto named = count_of_triples(recent);
    if (!named) {
        settle(session, recent);
        recent = no_recent;
        return;
    }
    add_triple(recent, entry.last, entry.revision.value, static_cast<std::uint64_t>(position));
    if (*named + 1 < most_recent) return;
    settle(session, recent);
    recent = no_recent;
}

void log_index::put(session_key session, const log_entry& entry, std::int64_t position) {
    put_.execute(session.value, entry.last, entry.revision.value, position);
}

void log_index::settle(session_key session, const std::string& recent) {
    auto numbers = numbers_of(recent);
    if (!numbers) {
        log::error("log_index_rebuilt", {{"session", session.value}, {"said", recent.substr(0, 64)}});
        return rebuild_.execute(session.value);
    }
    if (numbers->size() == numbers_at_once) {
        std::array<std::int64_t, numbers_at_once> all;
        std::ranges::copy(*numbers, all.begin());
        return std::apply([&](auto... each) { settle_all_.execute(session.value, each...); }, all);
    }
    for (auto at = numbers->begin(); at != numbers->end(); at += numbers_of_triple)
        settle_one_.execute(session.value, at[0], at[1], at[2]);
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
    if (!numbers_of(recent)) settle(session, recent);
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
