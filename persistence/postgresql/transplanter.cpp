#include "persistence/postgresql/transplanter.hpp"

#include "persistence/postgresql/record_table.hpp"
#include "persistence/postgresql/sql.hpp"

#include <array>
#include <set>
#include <span>
#include <tuple>

namespace rejoinder::persistence::postgresql {
namespace {

const statement put_record(insert("record", record_columns) + R"sql(
on conflict (account, type, loop, device, person, key) do update set
    revision = excluded.revision,
    schema_version = excluded.schema_version,
    created = excluded.created,
    updated = excluded.updated,
    expires = excluded.expires,
    value = excluded.value)sql");

// An entry that came before is replaced, as is what stands in the way of its turn.
const statement remove_entry("delete from session_log where session = $1 and last = $2 and revision = $3");
const statement remove_turn("delete from session_log where session = $1 and turn = $2 and turn <> ''");

const statement
    restate_record("update record set value = $8 where account = $1 and type = $2 and loop = $3 and "
                   "device = $4 and person = $5 and key = $6 and revision = $7");
const statement restate_session("update session set state = $4, devices = $5, metadata = $6 "
                                "where key = $1 and id = $2 and revision = $3");
const statement restate_entry("update session_log set input = $4, outcome = $5, messages = $6, "
                              "events = case events when '[]' then events else $7::bytea end "
                              "where session = $1 and last = $2 and revision = $3");

} // namespace

std::vector<query> transplanter::begin() {
    verdict_ = {};
    places_.clear();
    std::set<std::string_view> wanted;
    for (const auto& one : what_.sessions)
        wanted.insert(one.row.id.text);
    std::vector<std::string_view> ids(wanted.begin(), wanted.end());
    std::vector<query> queries;
    queries.push_back(lock_sessions(std::span<const std::string_view>(ids)));
    queries.push_back(new_session_keys(what_.how == transfer::manner::restate ? 0 : ids.size()));
    return queries;
}

std::vector<query> transplanter::decide(const std::vector<rows>& answers, change_recorder& feed) {
    if (what_.how == transfer::manner::restate) return restate();
    std::vector<query> queries;
    if (!find_places(answers)) {
        verdict_ = errc::not_found;
        return queries;
    }
    for (const auto& one : what_.records) {
        parameters with;
        std::apply([&](const auto&... value) { (with.add(value), ...); }, fields(one));
        queries.push_back({&put_record, std::move(with)});
        feed.put(one.id, one.revision, now_);
    }
    for (const auto& one : what_.sessions) {
        put(queries, one);
        feed.put(one.row.id, places_.at(one.row.id.text).revision, now_);
    }
    return queries;
}

/// Revisions say what is still as it was read; a key is of one session for ever.
std::vector<query> transplanter::restate() const {
    std::vector<query> queries;
    for (const auto& one : what_.records) {
        auto with = name_of(one.id);
        with.add(one.revision.value);
        with.add(one.value);
        queries.push_back({&restate_record, std::move(with)});
    }
    for (const auto& [row, entries, which] : what_.sessions) {
        queries.push_back({&restate_session, parameters(row.key.value, row.id.text, row.revision.value,
                                                        row.state, row.devices, row.metadata)});
        for (const auto& entry : entries)
            queries.push_back(
                {&restate_entry, parameters(row.key.value, entry.last, entry.revision.value, entry.input,
                                            entry.outcome, entry.messages, entry.events)});
    }
    return queries;
}

/// False when a further part has no session.
bool transplanter::find_places(const std::vector<rows>& answers) {
    std::map<std::string, locked_session> standing;
    for (int row = 0; row < answers[0].count(); ++row) {
        auto found = read_locked(answers[0], row);
        standing.emplace(found.id.text, found);
    }
    auto keys = read_keys(answers[1]);
    for (const auto& one : what_.sessions) {
        const auto& id = one.row.id.text;
        if (places_.contains(id)) continue;
        if (auto found = standing.find(id); found != standing.end()) {
            places_[id] = {found->second.key, found->second.fence.revision};
            continue;
        }
        if (one.which == moved_session::part::further) return false;
        places_[id] = {keys.back(), one.row.revision, true};
        keys.pop_back();
    }
    return true;
}

/// A session that is replaced keeps its key.
void transplanter::put(std::vector<query>& queries, const moved_session& one) {
    auto& at = places_.at(one.row.id.text);
    if (one.which == moved_session::part::first) {
        std::array<std::int64_t, 1> keys{at.key.value};
        if (!at.is_new) empty_logs(queries, keys);
        queries.push_back(at.is_new ? insert_session(one.row, at.key, one.row.id)
                                    : update_session(one.row, at.key));
        at.is_new = false;
        at.revision = one.row.revision;
    }
    for (const auto& entry : one.entries) {
        queries.push_back({&remove_entry, parameters(at.key.value, entry.last, entry.revision.value)});
        if (!entry.turn.empty()) queries.push_back({&remove_turn, parameters(at.key.value, entry.turn.text)});
        queries.push_back(append_entry(at.key, entry));
    }
}

} // namespace rejoinder::persistence::postgresql
