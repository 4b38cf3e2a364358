#include "persistence/sqlite/transplanter.hpp"

#include "persistence/sqlite/rows.hpp"

#include <set>
#include <string_view>
#include <tuple>

namespace rejoinder::persistence::sqlite {
namespace {

constexpr auto over_an_existing_record = R"sql(
on conflict do update set
    revision = excluded.revision,
    schema_version = excluded.schema_version,
    created = excluded.created,
    updated = excluded.updated,
    expires = excluded.expires,
    value = excluded.value)sql";

} // namespace

transplanter::transplanter(connection& on, session_table& sessions, log_index& index,
                           change_recorder& changes)
    : sessions_(sessions),
      index_(index),
      changes_(changes),
      put_record_(on, insert("record", record_columns) + over_an_existing_record),
      remove_session_(on, "delete from session where key = ?1"),
      remove_entry_(on, "delete from session_log where session = ?1 and position = (select position from "
                        "session_log_index where session = ?1 and last = ?2 and revision = ?3)"),
      remove_turn_(on, "delete from session_log where session = ?1 and turn = ?2 and turn <> '' "
                       "returning last, revision"),
      restate_record_(on,
                      "update record set value = ?8 where " + std::string(record_key) + " and revision = ?7"),
      restate_session_(on, "update session set state = ?4, said = '', devices = ?5, metadata = ?6 "
                           "where key = ?1 and id = ?2 and revision = ?3"),
      restate_entry_(on, "update session_log set input = ?4, outcome = ?5, messages = ?6, repeats = '', "
                         "events = case events when '[]' then '[]' else ?7 end "
                         "where session = ?1 and position in (select position from (" +
                             places_of_session("last, revision, position", "last = ?2 and revision = ?3",
                                               "last, revision") +
                             "))") {}

error_code transplanter::put(const transfer& what, utc_time now) {
    if (auto problem = judge(what)) return problem;
    bool restates = what.how == transfer::manner::restate;
    for (const auto& one : what.records)
        restates ? restate(one) : put(one, now);
    for (const auto& one : what.sessions)
        restates ? restate(one) : put(one, now);
    return {};
}

error_code transplanter::judge(const transfer& what) {
    if (what.how == transfer::manner::restate) return {};
    std::set<std::string_view> begun;
    for (const auto& one : what.sessions) {
        if (one.which == moved_session::part::first)
            begun.insert(one.row.id.text);
        else if (!begun.contains(one.row.id.text) && !sessions_.find(one.row.id))
            return errc::not_found;
    }
    return {};
}

void transplanter::put(const record& one, utc_time now) {
    std::apply([&](const auto&... value) { put_record_.execute(value...); }, fields(one));
    changes_.put(one.id, one.revision, now);
}

void transplanter::put(const moved_session& one, utc_time now) {
    auto standing = sessions_.find(one.row.id);
    auto key = standing ? standing->key : sessions_.new_key();
    auto revision = standing ? standing->revision : one.row.revision;
    if (one.which == moved_session::part::first) {
        // A session that is replaced keeps its key; its log goes.
        if (standing) {
            index_.remove_entries(key);
            remove_session_.execute(key.value);
        }
        sessions_.insert(one.row, key, no_recent);
        revision = one.row.revision;
    } else {
        sessions_.settle(*standing);
    }
    for (const auto& entry : one.entries)
        put(key, entry);
    changes_.put(key, revision, now);
}

/// An entry that came before is replaced, as is what stands in the way of its turn.
void transplanter::put(session_key session, const log_entry& entry) {
    remove_entry_.execute(session.value, entry.last, entry.revision.value);
    index_.remove(session, position_of(entry));
    if (!entry.turn.empty()) remove_turn(session, entry.turn);
    sessions_.append(session, entry);
}

void transplanter::remove_turn(session_key session, const turn_id& turn) {
    log_position gone;
    {
        auto rows = remove_turn_.run(session.value, turn.text);
        if (!rows.next()) return;
        rows.read(gone.last, gone.revision.value);
    }
    index_.remove(session, gone);
}

void transplanter::restate(const record& one) {
    const auto& id = one.id;
    const auto& owner = id.scope;
    restate_record_.execute(owner.account, id.type, owner.loop, owner.device, owner.person, id.key,
                            one.revision.value, one.value);
}

void transplanter::restate(const moved_session& one) {
    const auto& row = one.row;
    auto standing = sessions_.find(row.id);
    if (!standing || standing->key != row.key) return;
    restate_session_.execute(row.key.value, row.id.text, row.revision.value, row.state, row.devices,
                             row.metadata);
    for (const auto& entry : one.entries)
        restate_entry_.execute(row.key.value, entry.last, entry.revision.value, entry.input, entry.outcome,
                               entry.messages, entry.events);
}

} // namespace rejoinder::persistence::sqlite
