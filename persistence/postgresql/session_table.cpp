#include "persistence/postgresql/session_table.hpp"

#include "persistence/postgresql/sql.hpp"

#include <string>
#include <tuple>

namespace rejoinder::persistence::postgresql {
namespace {

constexpr std::string_view what_stands =
    "select key, owner_generation, revision, id, (select count(*) from trim where trim.session = key "
    "and (stripped < trim.floor or forget_before is not null)) from session where ";
const statement lock_by_key(std::string(what_stands) +
                            "key = any($1::bigint[]) order by key for update of session");
const statement lock_by_id(std::string(what_stands) +
                           "id = any($1::bytea[]) order by key for update of session");

const statement new_keys("select nextval('session_key') from generate_series(1, $1::bigint)");

const statement insert_row(insert("session", std::string(session_columns) + ", key, id, due"));

// When to look whether a session has expired moves only when it comes sooner: an index that followed every
// commit would cost each of them its entries in all the others.
constexpr int columns = count_of<session_row>;
const statement update_row("update session set " + assignments(session_columns) + ", due = least(due, $" +
                           std::to_string(columns + 2) + ") where key = $" + std::to_string(columns + 1));

const statement append_row(insert("session_log", std::string(log_columns) + ", session"));

const statement remove_rows("delete from session where key = any($1::bigint[])");
const statement remove_logs("delete from session_log where session = any($1::bigint[])");
const statement remove_trims("delete from trim where session = any($1::bigint[])");

template <class Record>
parameters all_of(const Record& one) {
    parameters with;
    std::apply([&](const auto&... value) { (with.add(value), ...); }, fields(one));
    return with;
}

} // namespace

query lock_sessions(std::span<const std::int64_t> keys) {
    return {&lock_by_key, parameters(keys)};
}

query lock_sessions(std::span<const std::string_view> ids) {
    return {&lock_by_id, parameters(ids)};
}

locked_session read_locked(const rows& found, int row) {
    locked_session one;
    std::int64_t trims = 0;
    found.read(row, one.key.value, one.fence.owner_generation, one.fence.revision.value, one.id.text, trims);
    one.is_trimmed = trims > 0;
    return one;
}

query new_session_keys(std::size_t count) {
    return {&new_keys, parameters(count)};
}

std::vector<session_key> read_keys(const rows& found) {
    std::vector<session_key> keys(static_cast<std::size_t>(found.count()));
    for (int row = 0; row < found.count(); ++row)
        found.read(row, keys[static_cast<std::size_t>(row)].value);
    return keys;
}

query insert_session(const session_row& row, session_key key, const session_id& id) {
    auto with = all_of(row);
    with.add(key.value);
    with.add(id.text);
    with.add(row.expires);
    return {&insert_row, std::move(with)};
}

query update_session(const session_row& row, session_key key) {
    auto with = all_of(row);
    with.add(key.value);
    with.add(row.expires);
    return {&update_row, std::move(with)};
}

query append_entry(session_key session, const log_entry& entry) {
    auto with = all_of(entry);
    with.add(session.value);
    return {&append_row, std::move(with)};
}

void remove_sessions(std::vector<query>& queries, std::span<const std::int64_t> keys) {
    if (keys.empty()) return;
    empty_logs(queries, keys);
    queries.push_back({&remove_rows, parameters(keys)});
}

void empty_logs(std::vector<query>& queries, std::span<const std::int64_t> keys) {
    if (keys.empty()) return;
    queries.push_back({&remove_logs, parameters(keys)});
    queries.push_back({&remove_trims, parameters(keys)});
}

} // namespace rejoinder::persistence::postgresql
