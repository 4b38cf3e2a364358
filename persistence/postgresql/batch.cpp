#include "persistence/postgresql/batch.hpp"

#include "persistence/postgresql/sql.hpp"
#include "persistence/postgresql/trim.hpp"
#include "persistence/rules.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace rejoinder::persistence::postgresql {
namespace {

// `for update` and `for share` lock rows in the order in which they come. Only a session that exists and is
// created once more is met from another side, by its id: the server ends the deadlock that may come of it,
// and one of the two transactions is repeated.

// A trim that is not done shows in the last column.
constexpr std::string_view standing =
    "select key, owner_generation, revision, (select count(*) from trim where trim.session = key "
    "and (stripped < trim.floor or forget_before is not null)), id from session where ";
const statement sessions_by_key(std::string(standing) +
                                "key = any($1::bigint[]) order by key for update of session");
const statement sessions_by_id(std::string(standing) +
                               "id = any($1::bytea[]) order by key for update of session");

const statement
    known_turns("select session, turn from session_log "
                "join unnest($1::bigint[], $2::bytea[]) as wanted (session, turn) using (session, turn) "
                "where turn <> ''");

const statement standing_records(
    "select record.revision, record.created, record.expires, account, type, loop, device, person, key from "
    "record "
    "join unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[]) "
    "as wanted (account, type, loop, device, person, key) using (account, type, loop, device, person, key) "
    "order by account, type, loop, device, person, key for update of record");

const statement erased_to_create("select revision from erased for share");
const statement erased_to_erase("select revision from erased for update");
const statement note_erased("update erased set revision = $1 where revision < $1");

const statement new_keys("select nextval('session_key') from generate_series(1, $1::bigint)");

const statement insert_session(insert("session", std::string(session_columns) + ", key, id"));
const statement update_session("update session set " + assignments(session_columns) + " where key = $" +
                               std::to_string(count_of<session_row> + 1));
const statement append_entry(insert("session_log", std::string(log_columns) + ", session"));

const statement insert_record(insert("record", record_columns));
const statement
    update_record("update record set revision = $7, schema_version = $8, created = $9, updated = $10, "
                  "expires = $11, value = $12 where account = $1 and type = $2 and loop = $3 "
                  "and device = $4 and person = $5 and key = $6");
const statement
    erase_record("delete from record where account = $1 and type = $2 and loop = $3 and device = $4 "
                 "and person = $5 and key = $6");

} // namespace

void batch::add(change_set& changes) {
    if (changes.session) {
        const auto& change = *changes.session;
        if (!change.expected)
            ids_.insert(change.row.id.text);
        else
            keys_.insert(change.row.key.value);
        if (change.expected && change.append && !change.append->turn.empty())
            turns_.emplace(change.row.key.value, change.append->turn.text);
    }
    for (const auto& write : changes.writes) {
        records_.try_emplace(write.id);
        (write.value ? creates_records_ : erases_records_) = true;
    }
}

void batch::ask(std::vector<query>& queries, const statement& what, parameters with) {
    queries.push_back({&what, std::move(with)});
}

std::vector<query> batch::questions() const {
    std::vector<query> queries;
    auto numbers = std::vector<std::int64_t>(keys_.begin(), keys_.end());
    ask(queries, sessions_by_key, parameters(std::span<const std::int64_t>(numbers)));

    auto texts = std::vector<std::string_view>(ids_.begin(), ids_.end());
    ask(queries, sessions_by_id, parameters(std::span<const std::string_view>(texts)));

    numbers.clear();
    texts.clear();
    for (const auto& [session, turn] : turns_) {
        numbers.push_back(session);
        texts.push_back(turn);
    }
    ask(queries, known_turns,
        parameters(std::span<const std::int64_t>(numbers), std::span<const std::string_view>(texts)));

    std::array<std::vector<std::string_view>, 6> parts;
    for (const auto& [id, record] : records_) {
        const auto& owner = id.scope;
        std::array<std::string_view, 6> names{owner.account, id.type,      owner.loop,
                                              owner.device,  owner.person, id.key};
        for (std::size_t i = 0; i < parts.size(); ++i)
            parts[i].push_back(names[i]);
    }
    parameters wanted;
    for (const auto& part : parts)
        wanted.add(std::span<const std::string_view>(part));
    ask(queries, standing_records, std::move(wanted));

    ask(queries, new_keys, parameters(ids_.size()));
    if (erases_records_)
        ask(queries, erased_to_erase, {});
    else if (creates_records_)
        ask(queries, erased_to_create, {});
    return queries;
}

void batch::take(const std::vector<rows>& answers) {
    for (const auto* found : {&answers[0], &answers[1]}) {
        for (int row = 0; row < found->count(); ++row) {
            standing_session session;
            std::int64_t trims = 0;
            found->read(row, session.key.value, session.fence.owner_generation, session.fence.revision.value,
                        trims, session.id.text);
            session.is_trimmed = trims > 0;
            key_of_.emplace(session.id, session.key);
            sessions_.emplace(session.key, std::move(session));
        }
    }
    for (int row = 0; row < answers[2].count(); ++row) {
        session_key session;
        turn_id turn;
        answers[2].read(row, session.value, turn.text);
        if (auto found = sessions_.find(session); found != sessions_.end())
            found->second.turns.insert(std::move(turn));
    }
    for (int row = 0; row < answers[3].count(); ++row) {
        standing_record record;
        record_id id;
        auto& owner = id.scope;
        answers[3].read(row, record.stored.value, record.created, record.expires, owner.account, id.type,
                        owner.loop, owner.device, owner.person, id.key);
        record.current = record.stored;
        records_[id] = record;
    }
    for (int row = answers[4].count() - 1; row >= 0; --row)
        answers[4].read(row, unused_keys_.emplace_back().value);
    if (answers.size() > 5) answers[5].read(0, erased_.value);
    erased_before_ = erased_;
}

commit_outcome batch::apply(change_set& changes, utc_time now) {
    auto outcome = judge(changes, now);
    if (!outcome.committed()) return outcome;
    if (changes.session) outcome.session = write(*changes.session);
    for (const auto& one : changes.writes)
        write(one, changes.now, now);
    return outcome;
}

/// Every condition is looked at before anything is written, so a refused change set leaves nothing behind.
commit_outcome batch::judge(const change_set& changes, utc_time now) {
    commit_outcome outcome;
    if (changes.session) {
        const auto* found = find(*changes.session);
        std::optional<session_fence> fence;
        if (found) {
            outcome.session = found->key;
            fence = found->fence;
        }
        outcome.error = rules::judge(*changes.session, fence);
        const auto& append = changes.session->append;
        if (!outcome.error && found && append && !append->turn.empty() && found->turns.contains(append->turn))
            outcome.error = errc::duplicate_turn;
        if (outcome.error) {
            if (found) outcome.current = found->fence.revision;
            outcome.conflicting_write = changes.writes.size();
            return outcome;
        }
    }
    for (std::size_t i = 0; i < changes.writes.size(); ++i) {
        const auto& record = records_.at(changes.writes[i].id);
        auto current = rules::alive(record.expires, now) ? record.current : revision{};
        if (rules::holds(changes.writes[i], current)) continue;
        outcome.error = errc::conflict;
        outcome.current = current;
        outcome.conflicting_write = i;
        return outcome;
    }
    return outcome;
}

/// A session is created under its id and changed under its key.
batch::standing_session* batch::find(const session_change& change) {
    auto key = change.row.key;
    if (!change.expected) {
        auto known = key_of_.find(change.row.id);
        if (known == key_of_.end()) return nullptr;
        key = known->second;
    }
    auto found = sessions_.find(key);
    return found == sessions_.end() ? nullptr : &found->second;
}

session_key batch::write(session_change& change) {
    auto* found = find(change);
    auto& row = change.row;
    if (!found) {
        assert(!unused_keys_.empty());
        row.key = unused_keys_.back();
        unused_keys_.pop_back();
        found = &sessions_[row.key];
        found->key = row.key;
        found->id = row.id;
        found->is_new = true;
        key_of_.emplace(row.id, row.key);
    }
    row.id = found->id;
    row.revision = found->fence.revision.next();
    found->fence = {row.owner_generation, row.revision};
    found->written = &row;
    if (change.append) {
        auto& entry = *change.append;
        entry.revision = row.revision;
        if (!entry.turn.empty()) found->turns.insert(entry.turn);
        appended_.emplace_back(row.key, &entry);
    }
    if (change.forget_before) {
        found->forget_before = change.forget_before;
        found->trim_floor = row.floor;
    }
    return row.key;
}

void batch::write(const record_write& one, utc_time stamp, utc_time now) {
    auto& record = records_.at(one.id);
    if (!one.value) {
        erased_ = std::max(erased_, record.current);
        record.current = {};
        record.expires.reset();
        record.is_erased = true;
        return;
    }
    bool is_created = record.current == revision{} || !rules::alive(record.expires, now);
    if (is_created) record.created = stamp;
    record.current = (record.current == revision{} ? erased_ : record.current).next();
    record.updated = stamp;
    record.expires = one.expires;
    record.written = &one;
    record.is_erased = false;
}

std::vector<query> batch::writes() const {
    std::vector<query> queries;
    for (const auto& [key, session] : sessions_)
        if (session.written) write_session(queries, session);
    for (const auto& [key, entry] : appended_) {
        parameters with;
        std::apply([&](const auto&... value) { (with.add(value), ...); }, fields(*entry));
        with.add(key.value);
        ask(queries, append_entry, std::move(with));
    }
    for (const auto& [key, session] : sessions_) {
        if (!session.written) continue;
        if (session.forget_before)
            queries.push_back(ask_trim(key, session.trim_floor, *session.forget_before));
        if (session.forget_before || session.is_trimmed) go_on_trimming(queries, key);
    }
    for (const auto& [id, record] : records_)
        write_record(queries, id, record);
    if (erased_ > erased_before_) ask(queries, note_erased, parameters(erased_.value));
    return queries;
}

void batch::write_session(std::vector<query>& queries, const standing_session& session) const {
    parameters with;
    std::apply([&](const auto&... value) { (with.add(value), ...); }, fields(*session.written));
    with.add(session.key.value);
    if (session.is_new) with.add(session.id.text);
    ask(queries, session.is_new ? insert_session : update_session, std::move(with));
}

void batch::write_record(std::vector<query>& queries, const record_id& id,
                         const standing_record& record) const {
    const auto& owner = id.scope;
    parameters with(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
    bool is_stored = record.stored != revision{};
    if (record.is_erased) {
        if (is_stored) ask(queries, erase_record, std::move(with));
        return;
    }
    if (!record.written || !record.written->value) return; // only a value writes a record
    with.add(record.current.value);
    with.add(record.written->schema_version);
    with.add(record.created);
    with.add(record.updated);
    with.add(record.expires);
    with.add(*record.written->value);
    ask(queries, is_stored ? update_record : insert_record, std::move(with));
}

} // namespace rejoinder::persistence::postgresql
