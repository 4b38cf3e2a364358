#include "persistence/sqlite/change_writer.hpp"

#include "persistence/rules.hpp"
#include "persistence/sqlite/rows.hpp"

#include <tuple>

namespace rejoinder::persistence::sqlite {
namespace {

constexpr auto record_key =
    " account = ?1 and type = ?2 and loop = ?3 and device = ?4 and person = ?5 and key = ?6";

// An expired record counts as absent, so writing over it is a creation. ?13 is now.
constexpr auto over_an_existing_record = R"sql(
on conflict do update set
    revision = iif(expires <= ?13, 1, revision + 1),
    created = iif(expires <= ?13, excluded.created, created),
    schema_version = excluded.schema_version,
    updated = excluded.updated,
    expires = excluded.expires,
    value = excluded.value)sql";

} // namespace

change_writer::change_writer(connection& on)
    : connection_(on),
      savepoint_(on, "savepoint change"),
      release_(on, "release change"),
      undo_(on, "rollback to change"),
      session_by_key_(on, "select key, owner_generation, revision from session where key = ?1"),
      session_by_id_(on, "select key, owner_generation, revision from session where id = ?1"),
      insert_session_(on, insert("session", std::string(session_columns) + ", id")),
      update_session_(on, "update session set " + assignments(session_columns) + " where key = ?" +
                              std::to_string(count_of<session_row> + 1)),
      turn_(on, "select 1 from session_log where session = ?1 and turn = ?2 and turn <> ''"),
      append_(on, insert("session_log", std::string(log_columns) + ", session")),
      strip_events_(on, "update session_log set events = '[]' "
                        "where session = ?1 and last < ?2 and events <> '[]'"),
      oldest_kept_(on, "select last, revision from session_log where session = ?1 "
                       "order by last desc, revision desc limit 1 offset ?2"),
      forget_(on, "delete from session_log where session = ?1 and (last, revision) < (?2, ?3) "
                  "and last < ?4 and at < ?5"),
      record_(on, std::string("select revision, expires from record where") + record_key),
      put_record_(on, insert("record", record_columns) + over_an_existing_record),
      erase_record_(on, std::string("delete from record where") + record_key) {}

commit_outcome change_writer::apply(change_set& changes, utc_time now) {
    auto outcome = judge(changes, now);
    if (!outcome.committed()) return outcome;
    savepoint_.execute();
    try {
        if (changes.session) outcome.session = write_session(*changes.session);
        for (const auto& write : changes.writes)
            write_record(write, changes.now, now);
    } catch (const failure&) {
        if (connection_.in_transaction()) {
            undo_.execute();
            release_.execute();
        }
        throw;
    }
    release_.execute();
    return outcome;
}

commit_outcome change_writer::judge(const change_set& changes, utc_time now) {
    commit_outcome outcome;
    if (changes.session) {
        outcome = judge_session(*changes.session);
        outcome.conflicting_write = changes.writes.size();
        if (!outcome.committed()) return outcome;
    }
    for (std::size_t i = 0; i < changes.writes.size(); ++i) {
        const auto& write = changes.writes[i];
        if (write.mode == write_mode::upsert) continue;
        auto current = standing(write.id, now);
        if (rules::holds(write, current)) continue;
        outcome.error = errc::conflict;
        outcome.current = current;
        outcome.conflicting_write = i;
        return outcome;
    }
    return {};
}

commit_outcome change_writer::judge_session(const session_change& change) {
    commit_outcome outcome;
    std::optional<session_fence> fence;
    {
        auto rows = change.expected ? session_by_key_.run(change.row.key.value)
                                    : session_by_id_.run(change.row.id.text);
        if (rows.next()) {
            fence.emplace();
            rows.read(outcome.session.value, fence->owner_generation, fence->revision.value);
            outcome.current = fence->revision;
        }
    }
    outcome.error = rules::judge(change, fence);
    if (!outcome.error && fence && change.append && has_turn(outcome.session, change.append->turn))
        outcome.error = errc::duplicate_turn;
    return outcome;
}

revision change_writer::standing(const record_id& id, utc_time now) {
    const auto& owner = id.scope;
    auto rows = record_.run(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
    revision current;
    std::optional<utc_time> expires;
    if (rows.next()) rows.read(current.value, expires);
    return rules::alive(expires, now) ? current : revision{};
}

bool change_writer::has_turn(session_key session, const turn_id& turn) {
    if (turn.empty()) return false;
    auto rows = turn_.run(session.value, turn.text);
    return rows.next();
}

session_key change_writer::write_session(session_change& change) {
    auto& row = change.row;
    row.revision = change.expected ? change.expected->revision.next() : revision{1};
    auto columns = fields(row);
    if (change.expected) {
        std::apply([&](const auto&... value) { update_session_.execute(value..., row.key.value); }, columns);
    } else {
        std::apply([&](const auto&... value) { insert_session_.execute(value..., row.id.text); }, columns);
        row.key.value = connection_.last_key();
    }
    if (change.append) {
        change.append->revision = row.revision;
        auto entry = fields(*change.append);
        std::apply([&](const auto&... value) { append_.execute(value..., row.key.value); }, entry);
    }
    if (change.forget_before) trim(row.key, row.floor, *change.forget_before);
    return row.key;
}

void change_writer::trim(session_key session, std::uint64_t floor, utc_time forget_before) {
    strip_events_.execute(session.value, floor);
    std::uint64_t last = 0;
    std::uint64_t revision = 0;
    {
        auto rows = oldest_kept_.run(session.value, static_cast<int>(rules::kept_entries) - 1);
        if (!rows.next()) return;
        rows.read(last, revision);
    }
    forget_.execute(session.value, last, revision, floor, forget_before);
}

void change_writer::write_record(const record_write& write, utc_time stamp, utc_time now) {
    const auto& id = write.id;
    const auto& owner = id.scope;
    if (write.value)
        put_record_.execute(owner.account, id.type, owner.loop, owner.device, owner.person, id.key, 1,
                            write.schema_version, stamp, stamp, write.expires, *write.value, now);
    else
        erase_record_.execute(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
}

} // namespace rejoinder::persistence::sqlite
