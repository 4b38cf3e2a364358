#include "persistence/sqlite/queries.hpp"

#include "persistence/rules.hpp"
#include "persistence/sqlite/repeats.hpp"
#include "persistence/sqlite/rows.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

std::string select(std::string_view columns, std::string_view rest) {
    return "select " + std::string(columns) + " from " + std::string(rest);
}

const std::string whole_entry = std::string(log_columns) + ", repeats";

// The same in their order, with nothing in the place of what the read is not about.
constexpr std::string_view event_columns =
    "revision, first, last, at, turn, device, number, status, digest, '', '', events, '', ''";
constexpr std::string_view outcome_columns =
    "revision, first, last, at, turn, device, number, status, digest, '', outcome, '', '', ''";

const std::string whole_session = "key, id, said, " + std::string(session_columns);

constexpr std::string_view record_place = "(account, type, loop, device, person, key)";

} // namespace

queries::queries(connection& on, std::size_t most_read_bytes)
    : most_read_bytes_(most_read_bytes),
      begin_(on, "begin"),
      end_(on, "commit"),
      record_(on,
              select(record_columns, "record where account = ?1 and type = ?2 and loop = ?3 and device = ?4 "
                                     "and person = ?5 and key = ?6 and (expires is null or expires > ?7)")),
      // The empty key is a key too: a scan without a position begins with it.
      scan_(on,
            select(record_columns, "record where account = ?1 and type = ?2 and loop = ?3 and device = ?4 "
                                   "and person = ?5 and key >= ?6 and (key > ?6 or ?6 = '') "
                                   "and (expires is null or expires > ?7) order by key limit ?8")),
      session_(on, select(whole_session, "session where id = ?1 and expires > ?2")),
      said_(on),
      log_(on, event_columns, "last > ?2", "last, revision", "last >= first and events <> '[]'"),
      history_(on, whole_entry, "(last, revision) > (?2, ?3)", "last, revision limit ?4"),
      turn_(on, select(whole_entry, "session_log where session = ?1 and turn = ?2 and turn <> ''")),
      latest_(on, outcome_columns, "true", "last desc, revision desc", "turn <> ''"),
      walk_records_(on, select(record_columns, "record where " + std::string(record_place) +
                                                   " >= (?1, ?2, ?3, ?4, ?5, ?6) and (?7 or " +
                                                   std::string(record_place) +
                                                   " <> (?1, ?2, ?3, ?4, ?5, ?6)) "
                                                   "order by account, type, loop, device, person, key "
                                                   "limit ?8")),
      walk_sessions_(on, select(whole_session, "session where id > ?1 order by id limit ?2")),
      feed_(on,
            "select begins - 1, max(begins - 1, coalesce((select max(position) from change), 0)) from feed"),
      changes_(on,
               "select position, at, session, revision, removed, account, type, loop, device, person, key, "
               "coalesce((select id from session where session.key = change.session), "
               "(select key from change as gone where gone.session = change.session and gone.removed = 1), "
               "'') from change where position > ?1 order by position limit ?2") {}

template <class Rows, class Record>
void queries::read_row(Rows& rows, Record& into) {
    auto columns = fields(into);
    std::apply([&](auto&... field) { rows.read(field...); }, columns);
}

void queries::read_row(cursor& rows, session_row& into) {
    std::string said;
    auto columns = std::tuple_cat(std::tie(into.key.value, into.id.text, said), fields(into));
    std::apply([&](auto&... field) { rows.read(field...); }, columns);
    if (!said.empty()) said_.put_back(into, said);
}

template <class Rows>
void queries::read_row(Rows& rows, log_entry& into) {
    std::string repeats;
    auto columns = std::tuple_cat(fields(into), std::tie(repeats));
    std::apply([&](auto&... field) { rows.read(field...); }, columns);
    auto messages = whole_messages(std::move(into.messages), repeats, into.input, into.events);
    if (!messages) throw failure(SQLITE_CORRUPT, "what repeats in the messages of an entry is not there");
    into.messages = std::move(*messages);
}

/// What a read of several records may return.
template <class Record, class Rows>
std::vector<Record> queries::read_page(Rows rows, std::size_t limit) {
    std::vector<Record> found;
    std::size_t bytes = 0;
    while (bytes < most_read_bytes_ && found.size() < limit && rows.next()) {
        read_row(rows, found.emplace_back());
        bytes += rules::size_of(found.back());
    }
    return found;
}

/// The entries that are taken, up to the first that is not. One that is damaged ends them, too, unless it is
/// the first: the next read begins with it.
template <class Take>
std::vector<log_entry> queries::read_entries(log_walk::entries rows, Take take) {
    std::vector<log_entry> found;
    log_entry entry;
    try {
        while (rows.next()) {
            read_row(rows, entry);
            if (!take(entry)) break;
            found.push_back(std::move(entry));
        }
    } catch (const failure& broken) {
        if (found.empty() || broken.meaning() != errc::corrupt) throw;
    }
    return found;
}

result<record> queries::read(const record_id& id, utc_time now) {
    const auto& owner = id.scope;
    auto rows = record_.run(owner.account, id.type, owner.loop, owner.device, owner.person, id.key, now);
    if (!rows.next()) return errc::not_found;
    record found;
    read_row(rows, found);
    return found;
}

std::vector<record> queries::scan(const scan_request& request, utc_time now) {
    const auto& owner = request.scope;
    std::uint64_t limit = rules::bounded_scan(request.limit);
    return read_page<record>(scan_.run(owner.account, request.type, owner.loop, owner.device, owner.person,
                                       request.after_key, now, limit));
}

result<session_row> queries::read_session(const session_id& id, utc_time now) {
    auto rows = session_.run(id.text, now);
    if (!rows.next()) return errc::not_found;
    session_row found;
    read_row(rows, found);
    return found;
}

std::vector<log_entry> queries::read_log(session_key session, std::uint64_t after, std::size_t max_events,
                                         std::size_t max_bytes) {
    // A position that no event can have is above all of them.
    constexpr std::uint64_t highest = std::numeric_limits<std::int64_t>::max();
    auto position = std::min(after, highest);
    rules::log_budget budget(after, max_events, max_bytes);
    return read_entries(log_.run(session, position),
                        [&](const log_entry& entry) { return budget.take(entry); });
}

result<log_entry> queries::find_turn(session_key session, const turn_id& turn) {
    auto rows = turn_.run(session.value, turn.text);
    if (!rows.next()) return errc::not_found;
    log_entry found;
    read_row(rows, found);
    return found;
}

std::vector<log_entry> queries::read_history(session_key session, log_position after, std::size_t limit) {
    std::size_t bytes = 0;
    return read_entries(history_.run(session, after.last, after.revision.value, at_most(limit)),
                        [&](const log_entry& entry) {
                            bool has_room = bytes < most_read_bytes_;
                            bytes += rules::size_of(entry);
                            return has_room;
                        });
}

std::vector<log_entry> queries::latest_turns(session_key session, std::size_t limit) {
    return read_page<log_entry>(latest_.run(session), limit);
}

std::vector<record> queries::walk_records(const std::optional<record_id>& after, std::size_t limit) {
    record_id from = after.value_or(record_id{});
    const auto& owner = from.scope;
    std::uint64_t most = rules::bounded_scan(limit);
    int from_the_first = after ? 0 : 1;
    return read_page<record>(walk_records_.run(owner.account, from.type, owner.loop, owner.device,
                                               owner.person, from.key, from_the_first, most));
}

std::vector<session_row> queries::walk_sessions(const session_id& after, std::size_t limit) {
    std::uint64_t most = rules::bounded_scan(limit);
    return read_page<session_row>(walk_sessions_.run(after.text, most));
}

result<backend::numbered_changes> queries::read_changes(std::optional<std::uint64_t> after,
                                                        std::size_t limit) {
    std::uint64_t in_front = 0;
    std::uint64_t last = 0;
    {
        auto rows = feed_.run();
        if (rows.next()) rows.read(in_front, last);
    }
    backend::numbered_changes found{{}, after.value_or(in_front)};
    if (found.last < in_front || found.last > last) return errc::trimmed;
    std::uint64_t most = rules::bounded_scan(limit);
    auto position = found.last;
    auto rows = changes_.run(position, most);
    std::size_t bytes = 0;
    while (bytes < most_read_bytes_ && rows.next()) {
        auto& one = found.changes.emplace_back();
        std::int64_t session = 0;
        int removed = 0;
        record_id id;
        auto& owner = id.scope;
        rows.read(found.last, one.at, session, one.revision.value, removed, owner.account, id.type,
                  owner.loop, owner.device, owner.person, id.key, one.session.text);
        if (session == 0) {
            one.session.text.clear();
            one.record = std::move(id);
        }
        if (removed != 0) one.what = change::operation::removed;
        bytes += rules::size_of(one);
    }
    return found;
}

} // namespace rejoinder::persistence::sqlite
