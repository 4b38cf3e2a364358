#include "persistence/postgresql/batch.hpp"

#include "persistence/backend/judgement.hpp"
#include "persistence/postgresql/record_table.hpp"
#include "persistence/postgresql/sql.hpp"
#include "persistence/postgresql/trim.hpp"
#include "persistence/rules.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace rejoinder::persistence::postgresql {
namespace {

// `for update` and `for share` lock rows in the order in which they come.

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

const statement insert_record(insert("record", record_columns));
const statement
    update_record("update record set revision = $7, schema_version = $8, created = $9, updated = $10, "
                  "expires = $11, value = $12 where account = $1 and type = $2 and loop = $3 "
                  "and device = $4 and person = $5 and key = $6");

} // namespace

void batch::add(change_set& changes) {
    if (changes.session) {
        const auto& change = *changes.session;
        if (change.expected) {
            keys_.insert(change.row.key.value);
        } else {
            ids_.insert(change.row.id.text);
            ++created_;
        }
        if (change.expected && change.append && !change.append->turn.empty())
            turns_.emplace(change.row.key.value, change.append->turn.text);
    }
    for (const auto& write : changes.writes) {
        records_.try_emplace(write.id);
        (write.value ? creates_records_ : erases_records_) = true;
    }
    for (const auto& removal : changes.removals)
        ids_.insert(removal.id.text);
}

std::vector<query> batch::questions() const {
    std::vector<query> queries;
    auto numbers = std::vector<std::int64_t>(keys_.begin(), keys_.end());
    queries.push_back(lock_sessions(std::span<const std::int64_t>(numbers)));

    auto texts = std::vector<std::string_view>(ids_.begin(), ids_.end());
    queries.push_back(lock_sessions(std::span<const std::string_view>(texts)));

    numbers.clear();
    texts.clear();
    for (const auto& [session, turn] : turns_) {
        numbers.push_back(session);
        texts.push_back(turn);
    }
    queries.push_back({&known_turns, parameters(std::span<const std::int64_t>(numbers),
                                                std::span<const std::string_view>(texts))});
    queries.push_back(ask_records());
    queries.push_back(new_session_keys(created_));
    if (erases_records_)
        queries.push_back(erased_to_erase());
    else if (creates_records_)
        queries.push_back(erased_to_create());
    return queries;
}

query batch::ask_records() const {
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
    return {&standing_records, std::move(wanted)};
}

void batch::take(const std::vector<rows>& answers) {
    for (const auto* found : {&answers[0], &answers[1]}) {
        for (int row = 0; row < found->count(); ++row) {
            standing_session session;
            session.at = read_locked(*found, row);
            auto key = session.at.key;
            key_of_.emplace(session.at.id, key);
            sessions_.emplace(key, std::move(session));
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
    unused_keys_ = read_keys(answers[4]);
    std::ranges::reverse(unused_keys_); // taken from the end
    if (answers.size() > 5) answers[5].read(0, erased_.value);
    erased_before_ = erased_;
}

commit_outcome batch::apply(change_set& changes, utc_time now, change_recorder& feed) {
    auto outcome = judge(changes, now);
    if (!outcome.committed()) return outcome;
    if (changes.session) outcome.session = write(*changes.session, changes.now, feed);
    for (const auto& one : changes.writes)
        write(one, changes.now, now, feed);
    for (const auto& one : changes.removals)
        remove(one.id, changes.now, feed);
    return outcome;
}

commit_outcome batch::judge(const change_set& changes, utc_time now) {
    return backend::judge(
        changes,
        [this](const session_change& change) -> std::optional<backend::judged_session> {
            const auto* found = find(change);
            if (!found) return std::nullopt;
            return backend::judged_session{found->at.key, found->at.fence,
                                           change.append && !change.append->turn.empty() &&
                                               found->turns.contains(change.append->turn)};
        },
        [&](const record_id& id) {
            const auto& found = records_.at(id);
            return rules::alive(found.expires, now) ? found.current : revision{};
        },
        [this](const session_id& id) -> std::optional<revision> {
            const auto* found = find(id);
            return found ? std::optional(found->at.fence.revision) : std::nullopt;
        });
}

/// A session is created under its id and changed under its key.
batch::standing_session* batch::find(const session_change& change) {
    if (!change.expected) return find(change.row.id);
    auto found = sessions_.find(change.row.key);
    return found == sessions_.end() || found->second.is_removed ? nullptr : &found->second;
}

batch::standing_session* batch::find(const session_id& id) {
    auto known = key_of_.find(id);
    return known == key_of_.end() ? nullptr : &sessions_.at(known->second);
}

session_key batch::write(session_change& change, utc_time stamp, change_recorder& feed) {
    auto* found = find(change);
    auto& row = change.row;
    if (!found) {
        assert(!unused_keys_.empty());
        row.key = unused_keys_.back();
        unused_keys_.pop_back();
        found = &sessions_[row.key];
        found->at.key = row.key;
        found->at.id = row.id;
        found->is_new = true;
        key_of_.emplace(row.id, row.key);
    }
    auto& standing = found->at;
    row.id = standing.id;
    row.revision = standing.fence.revision.next();
    standing.fence = {row.owner_generation, row.revision};
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
    feed.put(standing.id, row.revision, stamp);
    return row.key;
}

void batch::write(const record_write& one, utc_time stamp, utc_time now, change_recorder& feed) {
    auto& record = records_.at(one.id);
    if (!one.value) {
        if (record.current != revision{}) feed.removed(one.id, record.current, stamp);
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
    feed.put(one.id, record.current, stamp);
}

/// It keeps its place here, and its name is free for another one.
void batch::remove(const session_id& id, utc_time stamp, change_recorder& feed) {
    auto* found = find(id);
    if (!found) return;
    found->is_removed = true;
    key_of_.erase(found->at.id);
    feed.removed(found->at.id, found->at.fence.revision, stamp);
}

std::vector<query> batch::writes() const {
    std::vector<query> queries;
    write_sessions(queries);
    for (const auto& [id, record] : records_)
        write_record(queries, id, record);
    if (erased_ > erased_before_) queries.push_back(note_erased(erased_));
    return queries;
}

/// The removed ones first, as others may have taken their names.
void batch::write_sessions(std::vector<query>& queries) const {
    std::vector<std::int64_t> removed;
    for (const auto& [key, session] : sessions_)
        if (session.is_removed && !session.is_new) removed.push_back(key.value);
    remove_sessions(queries, removed);
    for (const auto& [key, session] : sessions_) {
        if (!session.written || session.is_removed) continue;
        queries.push_back(session.is_new ? insert_session(*session.written, key, session.at.id)
                                         : update_session(*session.written, key));
    }
    for (const auto& [key, entry] : appended_)
        if (!sessions_.at(key).is_removed) queries.push_back(append_entry(key, *entry));
    for (const auto& [key, session] : sessions_) {
        if (!session.written || session.is_removed) continue;
        if (session.forget_before)
            queries.push_back(ask_trim(key, session.trim_floor, *session.forget_before));
        if (session.forget_before || session.at.is_trimmed) go_on_trimming(queries, key);
    }
}

void batch::write_record(std::vector<query>& queries, const record_id& id,
                         const standing_record& record) const {
    bool is_stored = record.stored != revision{};
    if (record.is_erased) {
        if (is_stored) queries.push_back(erase_record(id));
        return;
    }
    if (!record.written || !record.written->value) return; // only a value writes a record
    auto with = name_of(id);
    with.add(record.current.value);
    with.add(record.written->schema_version);
    with.add(record.created);
    with.add(record.updated);
    with.add(record.expires);
    with.add(*record.written->value);
    queries.push_back({is_stored ? &update_record : &insert_record, std::move(with)});
}

} // namespace rejoinder::persistence::postgresql
