#include "persistence/sqlite/session_table.hpp"

#include "persistence/sqlite/repeats.hpp"
#include "persistence/sqlite/rows.hpp"
#include "persistence/sqlite/said_part.hpp"

#include <sqlite3.h>

#include <tuple>
#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

std::optional<session_table::standing> read(cursor rows) {
    if (!rows.next()) return std::nullopt;
    session_table::standing found;
    int has_turn = 0;
    int to_be_trimmed = 0;
    rows.read(found.key.value, found.owner_generation, found.revision.value, found.expires, has_turn,
              to_be_trimmed, found.recent);
    found.has_turn = has_turn != 0;
    found.is_to_be_trimmed = to_be_trimmed != 0;
    return found;
}

static_assert(log_columns.ends_with(", messages"));

/// The fields of an entry in the order of their columns, with other messages.
auto fields_with(const log_entry& entry, const std::string& messages) {
    auto all = fields(entry);
    return [&]<std::size_t... at>(std::index_sequence<at...>) {
        return std::tuple_cat(std::tie(std::get<at>(all)...), std::tie(messages));
    }(std::make_index_sequence<count_of<log_entry> - 1>());
}

std::string update_row() {
    static constexpr int behind_the_own = 2;
    return "update session set " + assignments(std::string(session_columns) + ", said, recent") +
           " where key = ?" + std::to_string(count_of<session_row> + behind_the_own + 1);
}

} // namespace

session_table::session_table(connection& on, log_index& index)
    : connection_(on),
      index_(index),
      by_key_(on, "select key, owner_generation, revision, expires, "
                  "exists (select 1 from session_log where session = ?1 and turn = ?2 and turn <> ''), "
                  "exists (select 1 from trim where session = ?1 and (stripped < floor or forget_before is "
                  "not null)), recent "
                  "from session where key = ?1"),
      by_id_(on, "select key, owner_generation, revision, expires, 0, 0, recent from session where id = ?1"),
      new_key_(on, "select max(session, coalesce((select max(key) from session), 0)) + 1 from erased"),
      insert_(on, sqlite::insert("session", std::string(session_columns) + ", id, key, recent")),
      update_(on, update_row()),
      note_due_(on, "insert or ignore into session_due (at, session) values (?1, ?2)"),
      append_(on, sqlite::insert("session_log", std::string(log_columns) + ", session, repeats")),
      forget_recent_(on, "update session set recent = ?2 where key = ?1") {}

std::optional<session_table::standing> session_table::find(session_key session, const turn_id& turn) {
    return read(by_key_.run(session.value, turn.text));
}

std::optional<session_table::standing> session_table::find(const session_id& session) {
    return read(by_id_.run(session.text));
}

session_key session_table::new_key() {
    session_key key;
    auto rows = new_key_.run();
    if (rows.next()) rows.read(key.value);
    return key;
}

void session_table::insert(const session_row& row, session_key key, std::string_view recent) {
    std::apply([&](const auto&... value) { insert_.execute(value..., row.id.text, key.value, recent); },
               fields(row));
}

void session_table::update(const session_row& row, const std::optional<said_in_log>& said,
                           const standing& before, std::string_view recent) {
    auto place = said ? column_of(*said) : std::string();
    std::apply([&](const auto&... value) { update_.execute(value..., place, recent, before.key.value); },
               fields(row));
    if (row.expires < before.expires) note_due_.execute(row.expires, before.key.value);
}

void session_table::append(session_key session, const log_entry& entry, std::string& recent) {
    index_.add(session, entry, write(session, entry), recent);
}

void session_table::append(session_key session, const log_entry& entry) {
    index_.put(session, entry, write(session, entry));
}

void session_table::settle(const standing& session) {
    if (session.recent == no_recent) return;
    index_.settle(session.key, session.recent);
    forget_recent_.execute(session.key.value, no_recent);
}

std::int64_t session_table::write(session_key session, const log_entry& entry) {
    auto lean = without_repeats(entry);
    auto repeats = lean ? std::string_view(lean->repeats) : std::string_view();
    std::apply([&](const auto&... value) { append_.execute(value..., session.value, repeats); },
               fields_with(entry, lean ? lean->text : entry.messages));
    return sqlite3_last_insert_rowid(connection_.native());
}

} // namespace rejoinder::persistence::sqlite
