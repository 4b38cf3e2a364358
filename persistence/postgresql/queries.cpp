#include "persistence/postgresql/queries.hpp"

#include "persistence/postgresql/record_table.hpp"
#include "persistence/postgresql/sql.hpp"
#include "persistence/rules.hpp"

#include <algorithm>
#include <limits>

namespace rejoinder::persistence::postgresql {
namespace {

// `log_columns` in their order, with nothing in the place of what the read is not about.
constexpr std::string_view event_columns =
    "revision, first, last, at, turn, device, number, status, digest, '', '', events, ''";
constexpr std::string_view outcome_columns =
    "revision, first, last, at, turn, device, number, status, digest, '', outcome, '', ''";

constexpr auto record_size =
    "octet_length(account) + octet_length(type) + octet_length(loop) + "
    "octet_length(device) + octet_length(person) + octet_length(key) + octet_length(value)";
constexpr auto entry_size = "octet_length(turn) + octet_length(device) + octet_length(status) + "
                            "octet_length(digest) + octet_length(input) + octet_length(outcome) + "
                            "octet_length(events) + octet_length(messages)";
constexpr auto outcome_size = "octet_length(turn) + octet_length(device) + octet_length(status) + "
                              "octet_length(digest) + octet_length(outcome)";

constexpr auto change_size = "octet_length(account) + octet_length(type) + octet_length(loop) + "
                             "octet_length(device) + octet_length(person) + octet_length(key)";
constexpr auto session_size =
    "octet_length(id) + octet_length(account) + octet_length(loop) + octet_length(device) + "
    "octet_length(person) + octet_length(\"user\") + octet_length(machine) + octet_length(machine_hash) + "
    "octet_length(owner_node) + octet_length(devices) + octet_length(metadata) + octet_length(state)";

/// Rows in an order up to the one that brings the sum of their sizes to the bound of one read, a parameter.
std::string up_to_the_bound(std::string_view columns, const std::string& from, const std::string& size,
                            const std::string& order, const std::string& bound) {
    return "select " + quoted(columns) + " from (select *, sum(" + size + ") over (order by " + order +
           " rows unbounded preceding) - (" + size + ") as bytes_before from (" + from + " order by " +
           order + ") as found) as summed where bytes_before < " + bound + "::bigint" + " order by " + order;
}

constexpr auto one_scope = "account = $1 and type = $2 and loop = $3 and device = $4 and person = $5";

const statement record_query("select " + quoted(record_columns) + " from record where " + one_scope +
                             " and key = $6 and (expires is null or expires > $7)");

// The empty key is a key too: a scan without a position begins with it. What is limited is limited first, and
// then summed up.
const statement
    scan_query(up_to_the_bound(record_columns,
                               std::string("select * from (select * from record where ") + one_scope +
                                   " and key >= $6 and (key > $6 or $6 = '') "
                                   "and (expires is null or expires > $7) order by key limit $8) as page",
                               record_size, "key", "$9"));

const statement session_query("select key, id, " + quoted(session_columns) +
                              " from session where id = $1 and expires > $2");

// An entry is taken while both sums stay within their bounds, and the first one always.
const statement
    log_query("select " + quoted(event_columns) +
              " from (select *, row_number() over w as place, sum(last - greatest(first - 1, $2)) over w "
              "as all_events, sum(octet_length(events)) over w as all_bytes "
              "from (select * from session_log where session = $1 and last > $2 and last >= first "
              "and events <> '[]' order by last, revision limit $3::bigint + 1) as found "
              "window w as (order by last, revision rows unbounded preceding)) as summed "
              "where place = 1 or (all_events <= $3 and all_bytes <= $4) order by last, revision");

const statement history_query(up_to_the_bound(
    log_columns,
    "select * from (select * from session_log where session = $1 and (last, revision) > ($2, $3) "
    "order by last, revision limit $4) as page",
    entry_size, "last, revision", "$5"));

const statement turn_query("select " + quoted(log_columns) +
                           " from session_log where session = $1 and turn = $2 and turn <> ''");

const statement
    latest_query(up_to_the_bound(outcome_columns,
                                 "select * from (select * from session_log where session = $1 and turn <> '' "
                                 "order by last desc, revision desc limit $2) as page",
                                 outcome_size, "last desc, revision desc", "$3"));

constexpr std::string_view record_order = "account, type, loop, device, person, key";

// The least name is one too: a walk from the first record begins with it.
const statement walk_records_query(up_to_the_bound(
    record_columns,
    "select * from (select * from record where (" + std::string(record_order) +
        ") >= ($1, $2, $3, $4, $5, $6) and ($7::bigint = 1 or (" + std::string(record_order) +
        ") <> ($1, $2, $3, $4, $5, $6)) order by " + std::string(record_order) + " limit $8) as page",
    record_size, std::string(record_order), "$9"));

const statement walk_sessions_query(
    up_to_the_bound("key, id, " + std::string(session_columns),
                    "select * from (select * from session where id > $1 order by id limit $2) as page",
                    session_size, "id", "$3"));

// With the bounds of the feed, as they are at the same moment; without changes once, at position 0.
const statement changes_query(
    "select feed.begins, feed.last, coalesce(found.position, 0), at, revision, is_session, is_removed, "
    "account, type, loop, device, person, key from feed left join (" +
    up_to_the_bound(
        "position, at, revision, is_session, is_removed, account, type, loop, device, person, key",
        "select * from (select * from change where position > $1 and position >= (select begins "
        "from feed) order by position limit $2) as page",
        change_size, "position", "$3") +
    ") as found on true order by found.position");

// The store's own tables: others may share its database.
const statement size_query(
    "select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class "
    "where relnamespace = (select oid from pg_namespace where nspname = current_schema()) and relkind = 'r' "
    "and relname in ('meta', 'record', 'erased', 'session', 'session_log', 'trim', 'change', 'feed', "
    "'writer', 'lease', 'migration')");

/// A count or position as PostgreSQL takes it, with room for one more. What no number can be is above all.
std::int64_t bounded(std::uint64_t number) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() - 1;
    return static_cast<std::int64_t>(std::min(number, most));
}

void read_row(const rows& from, int row, session_row& into) {
    auto columns = std::tuple_cat(std::tie(into.key.value, into.id.text), fields(into));
    std::apply([&](auto&... field) { from.read(row, field...); }, columns);
}

template <class Record>
std::vector<Record> all(const rows& found) {
    std::vector<Record> read(static_cast<std::size_t>(found.count()));
    for (int row = 0; row < found.count(); ++row)
        read_row(found, row, read[static_cast<std::size_t>(row)]);
    return read;
}

template <class Record>
result<Record> one(const rows& found) {
    if (found.count() == 0) return errc::not_found;
    Record read;
    read_row(found, 0, read);
    return read;
}

} // namespace

query ask_record(const record_id& id, utc_time now) {
    auto with = name_of(id);
    with.add(now);
    return {&record_query, std::move(with)};
}

query ask_scan(const scan_request& request, utc_time now, std::size_t most_bytes) {
    const auto& owner = request.scope;
    return {&scan_query,
            parameters(owner.account, request.type, owner.loop, owner.device, owner.person, request.after_key,
                       now, rules::bounded_scan(request.limit), bounded(most_bytes))};
}

query ask_session(const session_id& id, utc_time now) {
    return {&session_query, parameters(id.text, now)};
}

query ask_log(session_key session, std::uint64_t after, std::size_t max_events, std::size_t max_bytes) {
    return {&log_query, parameters(session.value, bounded(after), bounded(max_events), bounded(max_bytes))};
}

query ask_history(session_key session, log_position after, std::size_t limit, std::size_t most_bytes) {
    return {&history_query, parameters(session.value, bounded(after.last), bounded(after.revision.value),
                                       bounded(limit), bounded(most_bytes))};
}

query ask_turn(session_key session, const turn_id& turn) {
    return {&turn_query, parameters(session.value, turn.text)};
}

query ask_latest(session_key session, std::size_t limit, std::size_t most_bytes) {
    return {&latest_query, parameters(session.value, bounded(limit), bounded(most_bytes))};
}

query ask_records_behind(const std::optional<record_id>& after, std::size_t limit, std::size_t most_bytes) {
    auto with = name_of(after.value_or(record_id{}));
    with.add(after ? 0 : 1);
    with.add(rules::bounded_scan(limit));
    with.add(bounded(most_bytes));
    return {&walk_records_query, std::move(with)};
}

query ask_sessions_behind(const session_id& after, std::size_t limit, std::size_t most_bytes) {
    return {&walk_sessions_query, parameters(after.text, rules::bounded_scan(limit), bounded(most_bytes))};
}

query ask_changes(std::optional<std::uint64_t> after, std::size_t limit, std::size_t most_bytes) {
    return {&changes_query,
            parameters(bounded(after.value_or(0)), rules::bounded_scan(limit), bounded(most_bytes))};
}

query ask_size() {
    return {&size_query, {}};
}

result<record> one_record(const rows& found) {
    return one<record>(found);
}

std::vector<record> all_records(const rows& found) {
    return all<record>(found);
}

result<session_row> one_session(const rows& found) {
    return one<session_row>(found);
}

std::vector<session_row> all_sessions(const rows& found) {
    return all<session_row>(found);
}

result<log_entry> one_entry(const rows& found) {
    return one<log_entry>(found);
}

std::vector<log_entry> all_entries(const rows& found) {
    return all<log_entry>(found);
}

result<backend::numbered_changes> all_changes(const rows& found, std::optional<std::uint64_t> after) {
    std::uint64_t begins = 0;
    std::uint64_t last = 0;
    std::uint64_t position = 0;
    found.read(0, begins, last, position);
    backend::numbered_changes read{{}, after.value_or(begins - 1)};
    if (read.last + 1 < begins || read.last > last) return errc::trimmed;
    if (position == 0) return read;
    for (int row = 0; row < found.count(); ++row) {
        auto& one = read.changes.emplace_back();
        int is_session = 0;
        int is_removed = 0;
        record_id id;
        auto& owner = id.scope;
        found.read(row, begins, last, read.last, one.at, one.revision.value, is_session, is_removed,
                   owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
        if (is_session != 0)
            one.session.text = std::move(id.key);
        else
            one.record = std::move(id);
        if (is_removed != 0) one.what = change::operation::removed;
    }
    return read;
}

std::uint64_t one_size(const rows& found) {
    std::uint64_t bytes = 0;
    found.read(0, bytes);
    return bytes;
}

} // namespace rejoinder::persistence::postgresql
