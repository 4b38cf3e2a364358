#include "persistence/sqlite/change_writer.hpp"

#include "persistence/backend/judgement.hpp"
#include "persistence/rules.hpp"
#include "persistence/sqlite/rows.hpp"

#include <sqlite3.h>

namespace rejoinder::persistence::sqlite {
namespace {

// An expired record counts as absent, so writing over it is a creation, but for its revision. ?13 is now.
constexpr auto over_an_existing_record = R"sql(
on conflict do update set
    revision = revision + 1,
    created = iif(expires <= ?13, excluded.created, created),
    schema_version = excluded.schema_version,
    updated = excluded.updated,
    expires = excluded.expires,
    value = excluded.value)sql";

} // namespace

change_writer::change_writer(connection& on, session_table& sessions, log_index& index, remover& removals,
                             change_recorder& changes)
    : connection_(on),
      sessions_(sessions),
      removals_(removals),
      changes_(changes),
      savepoint_(on, "savepoint change"),
      release_(on, "release change"),
      undo_(on, "rollback to change"),
      trimmer_(on, index),
      record_(on, "select revision, expires from record where " + std::string(record_key)),
      put_record_(on, insert("record", record_columns) + over_an_existing_record + " returning revision"),
      erased_(on, "select revision from erased") {}

commit_outcome change_writer::apply(change_set& changes, utc_time now, savepoint guard) {
    auto outcome = judge(changes, now);
    if (!outcome.committed()) return outcome;
    if (guard == savepoint::without) {
        write(changes, now, outcome);
        return outcome;
    }
    savepoint_.execute();
    try {
        write(changes, now, outcome);
        changes_.write_noted();
    } catch (...) {
        changes_.forget_noted();
        undo();
        throw;
    }
    release_.execute();
    return outcome;
}

void change_writer::write(change_set& changes, utc_time now, commit_outcome& outcome) {
    if (changes.session) outcome.session = write_session(*changes.session, changes.now);
    for (const auto& write : changes.writes)
        write_record(write, changes.now, now);
    for (const auto& removal : changes.removals)
        if (auto standing = sessions_.find(removal.id)) removals_.remove(standing->key, changes.now);
}

/// Leaves nothing of the change set; where not even that can be done, nothing of the transaction.
void change_writer::undo() noexcept {
    try {
        if (!connection_.in_transaction()) return;
        undo_.execute();
        release_.execute();
    } catch (const std::exception&) {
        sqlite3_exec(connection_.native(), "rollback", nullptr, nullptr, nullptr);
    }
}

commit_outcome change_writer::judge(const change_set& changes, utc_time now) {
    return backend::judge(
        changes,
        [this](const session_change& change) -> std::optional<backend::judged_session> {
            session_ = change.expected
                           ? sessions_.find(change.row.key, change.append ? change.append->turn : turn_id())
                           : sessions_.find(change.row.id);
            if (!session_) return std::nullopt;
            return backend::judged_session{
                session_->key, {session_->owner_generation, session_->revision}, session_->has_turn};
        },
        [&](const record_id& id) { return standing(id, now); },
        [this](const session_id& id) -> std::optional<revision> {
            auto found = sessions_.find(id);
            return found ? std::optional(found->revision) : std::nullopt;
        });
}

revision change_writer::standing(const record_id& id, utc_time now) {
    const auto& owner = id.scope;
    auto rows = record_.run(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
    revision current;
    std::optional<utc_time> expires;
    if (rows.next()) rows.read(current.value, expires);
    return rules::alive(expires, now) ? current : revision{};
}

session_key change_writer::write_session(session_change& change, utc_time stamp) {
    auto& row = change.row;
    row.revision = change.expected ? change.expected->revision.next() : revision{1};
    if (!session_) row.key = sessions_.new_key();
    auto recent = session_ ? std::move(session_->recent) : std::string(no_recent);
    if (change.append) {
        change.append->revision = row.revision;
        sessions_.append(row.key, *change.append, recent);
    }
    if (session_)
        sessions_.update(row, change.said, *session_, recent);
    else
        sessions_.insert(row, row.key, recent);
    if (change.forget_before) trimmer_.ask(row.key, row.floor, *change.forget_before);
    if (change.forget_before || (session_ && session_->is_to_be_trimmed)) trimmer_.go_on(row.key);
    changes_.put(row.key, row.revision, stamp);
    return row.key;
}

void change_writer::write_record(const record_write& write, utc_time stamp, utc_time now) {
    const auto& id = write.id;
    const auto& owner = id.scope;
    if (write.value) {
        revision written;
        {
            auto rows = put_record_.run(owner.account, id.type, owner.loop, owner.device, owner.person,
                                        id.key, first_revision().value, write.schema_version, stamp, stamp,
                                        write.expires, *write.value, now);
            if (rows.next()) rows.read(written.value);
        }
        changes_.put(id, written, stamp);
    } else {
        removals_.remove(id, stamp);
    }
}

revision change_writer::first_revision() {
    revision highest;
    auto rows = erased_.run();
    if (rows.next()) rows.read(highest.value);
    return highest.next();
}

} // namespace rejoinder::persistence::sqlite
