#include "persistence/memory/memory_tables.hpp"

#include "persistence/backend/judgement.hpp"

#include <algorithm>
#include <set>

namespace rejoinder::persistence {
namespace {

change change_of(const record& one, utc_time at, change::operation what = change::operation::put) {
    return {at, one.id, {}, one.revision, what};
}
change change_of(const session_row& one, utc_time at, change::operation what = change::operation::put) {
    return {at, std::nullopt, one.id, one.revision, what};
}

} // namespace

commit_outcome memory_tables::commit(change_set changes, utc_time now) {
    auto outcome = judge(changes, now);
    if (!outcome.committed()) return outcome;
    if (changes.session) outcome.session = write(std::move(*changes.session), changes.now);
    for (auto& one : changes.writes)
        write(std::move(one), changes.now, now);
    for (const auto& one : changes.removals)
        if (auto known = keys_.find(one.id); known != keys_.end()) remove(known, changes.now);
    return outcome;
}

commit_outcome memory_tables::judge(const change_set& changes, utc_time now) const {
    return backend::judge(
        changes,
        [this](const session_change& change) -> std::optional<backend::judged_session> {
            const auto* found = standing(change);
            if (!found) return std::nullopt;
            const auto& row = found->row;
            return backend::judged_session{row.key,
                                           {row.owner_generation, row.revision},
                                           change.append && !change.append->turn.empty() &&
                                               found->turns.contains(change.append->turn)};
        },
        [&](const record_id& id) { return standing(id, now); },
        [this](const session_id& id) -> std::optional<revision> {
            const auto* found = find(id);
            return found ? std::optional(found->row.revision) : std::nullopt;
        });
}

session_key memory_tables::write(session_change changed, utc_time stamp) {
    auto& row = changed.row;
    const auto* found = standing(changed);
    if (found) {
        row.key = found->row.key;
        row.id = found->row.id;
        row.revision = found->row.revision.next();
    } else {
        row.key = {++numbers_.session.value};
        row.revision = {1};
        keys_.emplace(row.id, row.key);
    }
    auto& session = sessions_[row.key];
    session.row = std::move(row);
    if (changed.append) {
        auto& entry = *changed.append;
        entry.revision = session.row.revision;
        if (!entry.turn.empty()) session.turns.emplace(entry.turn, entry.revision);
        session.log.emplace(entry.revision, std::move(entry));
    }
    if (changed.forget_before) trim(session, *changed.forget_before);
    feed_.add(change_of(session.row, stamp));
    return session.row.key;
}

void memory_tables::trim(stored_session& session, utc_time forget_before) {
    auto& log = session.log;
    auto is_below = [&](auto at) { return at != log.end() && at->second.last < session.row.floor; };
    for (auto at = log.begin();
         is_below(at) && log.size() > rules::kept_entries && at->second.at < forget_before;) {
        session.turns.erase(at->second.turn);
        at = log.erase(at);
    }
    for (auto at = log.upper_bound(session.stripped); is_below(at); ++at) {
        at->second.events = at->second.messages = "[]";
        at->second.input.clear();
        session.stripped = at->first;
    }
}

void memory_tables::write(record_write write, utc_time stamp, utc_time now) {
    if (!write.value) {
        auto found = records_.find(write.id);
        if (found != records_.end()) remove(found, stamp);
        return;
    }
    bool created = standing(write.id, now) == revision{};
    auto& stored = records_[write.id];
    auto before = stored.revision == revision{} ? numbers_.erased : stored.revision;
    if (created) stored.created = stamp;
    stored.id = std::move(write.id);
    stored.value = std::move(*write.value);
    stored.revision = before.next();
    stored.schema_version = write.schema_version;
    stored.updated = stamp;
    stored.expires = write.expires;
    feed_.add(change_of(stored, stamp));
}

memory_tables::records::iterator memory_tables::remove(records::iterator found, utc_time stamp) {
    feed_.add(change_of(found->second, stamp, change::operation::removed));
    numbers_.erased = std::max(numbers_.erased, found->second.revision);
    return records_.erase(found);
}

memory_tables::session_keys::iterator memory_tables::remove(session_keys::iterator session, utc_time stamp) {
    feed_.add(change_of(sessions_.at(session->second).row, stamp, change::operation::removed));
    sessions_.erase(session->second);
    return keys_.erase(session);
}

error_code memory_tables::judge(const transfer& what) const {
    if (what.how == transfer::manner::restate) return {};
    std::set<std::string_view> begun;
    for (const auto& one : what.sessions) {
        if (one.which == moved_session::part::first)
            begun.insert(one.row.id.text);
        else if (!keys_.contains(one.row.id) && !begun.contains(one.row.id.text))
            return errc::not_found;
    }
    return {};
}

error_code memory_tables::transplant(transfer what, utc_time now) {
    if (auto problem = judge(what)) return problem;
    if (what.how == transfer::manner::restate) {
        for (auto& one : what.records)
            restate(std::move(one));
        for (auto& one : what.sessions)
            restate(std::move(one));
        return {};
    }
    for (auto& one : what.records) {
        feed_.add(change_of(one, now));
        auto id = one.id;
        records_.insert_or_assign(std::move(id), std::move(one));
    }
    for (auto& one : what.sessions)
        put(std::move(one), now);
    return {};
}

/// A session that is replaced keeps its key.
void memory_tables::put(moved_session one, utc_time stamp) {
    auto known = keys_.find(one.row.id);
    if (one.which == moved_session::part::first) {
        if (known == keys_.end())
            known = keys_.emplace(one.row.id, session_key{++numbers_.session.value}).first;
        one.row.key = known->second;
        sessions_[known->second] = {std::move(one.row), {}, {}, {}};
    }
    auto& session = sessions_.at(known->second);
    for (auto& entry : one.entries)
        put(session, std::move(entry));
    feed_.add(change_of(session.row, stamp));
}

void memory_tables::put(stored_session& into, log_entry entry) {
    if (auto standing = into.log.find(entry.revision); standing != into.log.end()) {
        into.turns.erase(standing->second.turn);
        into.log.erase(standing);
    }
    if (!entry.turn.empty()) {
        if (auto taken = into.turns.find(entry.turn); taken != into.turns.end())
            into.log.erase(taken->second);
        into.turns[entry.turn] = entry.revision;
    }
    auto at = entry.revision;
    into.log.emplace(at, std::move(entry));
}

void memory_tables::restate(record one) {
    auto found = records_.find(one.id);
    if (found != records_.end() && found->second.revision == one.revision)
        found->second.value = std::move(one.value);
}

void memory_tables::restate(moved_session one) {
    auto known = keys_.find(one.row.id);
    if (known == keys_.end() || known->second != one.row.key) return;
    auto& session = sessions_.at(known->second);
    if (auto& row = session.row; row.revision == one.row.revision) {
        row.state = std::move(one.row.state);
        row.devices = std::move(one.row.devices);
        row.metadata = std::move(one.row.metadata);
    }
    for (auto& entry : one.entries) {
        auto found = session.log.find(entry.revision);
        if (found == session.log.end()) continue;
        auto& standing = found->second;
        standing.input = std::move(entry.input);
        standing.outcome = std::move(entry.outcome);
        standing.messages = std::move(entry.messages);
        if (standing.events != "[]") standing.events = std::move(entry.events);
    }
}

purged memory_tables::purge(utc_time expired_before, std::size_t limit, utc_time now) {
    purged gone;
    for (auto at = records_.begin(); at != records_.end() && gone.records < limit;) {
        if (rules::alive(at->second.expires, expired_before)) {
            ++at;
            continue;
        }
        at = remove(at, now);
        ++gone.records;
    }
    for (auto at = keys_.begin(); at != keys_.end() && gone.sessions < limit;) {
        if (rules::alive(sessions_.at(at->second).row.expires, expired_before)) {
            ++at;
            continue;
        }
        at = remove(at, now);
        ++gone.sessions;
    }
    return gone;
}

const memory_tables::stored_session* memory_tables::find(session_key session) const {
    auto found = sessions_.find(session);
    return found == sessions_.end() ? nullptr : &found->second;
}

const memory_tables::stored_session* memory_tables::find(const session_id& session) const {
    auto known = keys_.find(session);
    return known == keys_.end() ? nullptr : find(known->second);
}

/// A session is created under its id and changed under its key.
const memory_tables::stored_session* memory_tables::standing(const session_change& change) const {
    return change.expected ? find(change.row.key) : find(change.row.id);
}

revision memory_tables::standing(const record_id& id, utc_time now) const {
    auto found = records_.find(id);
    if (found == records_.end() || !rules::alive(found->second.expires, now)) return {};
    return found->second.revision;
}

result<record> memory_tables::read(const record_id& id, utc_time now) const {
    auto found = records_.find(id);
    if (found == records_.end() || !rules::alive(found->second.expires, now)) return errc::not_found;
    return found->second;
}

std::vector<record> memory_tables::scan(const scan_request& request, utc_time now) const {
    std::vector<record> found;
    auto limit = rules::bounded_scan(request.limit);
    record_id from{request.type, request.scope, request.after_key};
    auto at = request.after_key.empty() ? records_.lower_bound(from) : records_.upper_bound(from);
    std::size_t bytes = 0;
    for (; at != records_.end() && found.size() < limit && bytes < most_read_bytes_; ++at) {
        if (at->first.type != request.type || at->first.scope != request.scope) break;
        if (!rules::alive(at->second.expires, now)) continue;
        found.push_back(at->second);
        bytes += rules::size_of(found.back());
    }
    return found;
}

result<session_row> memory_tables::read_session(const session_id& id, utc_time now) const {
    const auto* found = find(id);
    if (!found || !rules::alive(found->row.expires, now)) return errc::not_found;
    return found->row;
}

std::vector<log_entry> memory_tables::read_log(session_key session, std::uint64_t after,
                                               std::size_t max_events, std::size_t max_bytes) const {
    std::vector<log_entry> entries;
    const auto* found = find(session);
    if (!found) return entries;
    rules::log_budget budget(after, max_events, max_bytes);
    for (auto at = found->log.upper_bound(found->stripped); at != found->log.end(); ++at) {
        if (!rules::holds_event_above(at->second, after)) continue;
        if (!budget.take(at->second)) break;
        auto& taken = entries.emplace_back(at->second);
        for (auto* text : {&taken.input, &taken.outcome, &taken.messages})
            text->clear();
    }
    return entries;
}

std::vector<log_entry> memory_tables::read_history(session_key session, log_position after,
                                                   std::size_t limit) const {
    std::vector<log_entry> entries;
    const auto* found = find(session);
    if (!found) return entries;
    std::size_t bytes = 0;
    auto at = found->log.upper_bound(after.revision);
    for (; at != found->log.end() && entries.size() < limit && bytes < most_read_bytes_; ++at)
        bytes += rules::size_of(entries.emplace_back(at->second));
    return entries;
}

result<log_entry> memory_tables::find_turn(session_key session, const turn_id& turn) const {
    const auto* found = find(session);
    if (!found) return errc::not_found;
    auto recorded = found->turns.find(turn);
    if (recorded == found->turns.end()) return errc::not_found;
    return found->log.at(recorded->second);
}

std::vector<log_entry> memory_tables::latest_turns(session_key session, std::size_t limit) const {
    std::vector<log_entry> entries;
    const auto* found = find(session);
    if (!found) return entries;
    std::size_t bytes = 0;
    auto at = found->log.rbegin();
    for (; at != found->log.rend() && entries.size() < limit && bytes < most_read_bytes_; ++at) {
        if (at->second.turn.empty()) continue;
        auto& taken = entries.emplace_back(at->second);
        for (auto* text : {&taken.input, &taken.events, &taken.messages})
            text->clear();
        bytes += rules::size_of(taken);
    }
    return entries;
}

std::vector<record> memory_tables::walk_records(const std::optional<record_id>& after,
                                                std::size_t limit) const {
    std::vector<record> found;
    limit = rules::bounded_scan(limit);
    std::size_t bytes = 0;
    auto at = after ? records_.upper_bound(*after) : records_.begin();
    for (; at != records_.end() && found.size() < limit && bytes < most_read_bytes_; ++at)
        bytes += rules::size_of(found.emplace_back(at->second));
    return found;
}

std::vector<session_row> memory_tables::walk_sessions(const session_id& after, std::size_t limit) const {
    std::vector<session_row> found;
    limit = rules::bounded_scan(limit);
    std::size_t bytes = 0;
    auto at = keys_.upper_bound(after);
    for (; at != keys_.end() && found.size() < limit && bytes < most_read_bytes_; ++at)
        bytes += rules::size_of(found.emplace_back(sessions_.at(at->second).row));
    return found;
}

void memory_tables::visit(table_visitor& by) const {
    auto numbers = numbers_;
    numbers.feed = feed_.begins() - 1;
    by.visit(numbers);
    for (const auto& [id, one] : records_)
        by.visit(one);
    for (const auto& [key, session] : sessions_) {
        by.visit(session.row);
        for (const auto& [revision, entry] : session.log)
            by.visit(key, entry);
    }
    for (const auto& one : feed_.changes())
        by.visit(one);
}

bool memory_tables::restore(const high_water& numbers) {
    numbers_ = numbers;
    feed_.restart(numbers.feed + 1);
    return true;
}

bool memory_tables::restore(record one) {
    auto [place, is_new] = records_.try_emplace(one.id);
    if (is_new) place->second = std::move(one);
    return is_new;
}

bool memory_tables::restore(session_row one) {
    if (one.key == session_key{} || !keys_.try_emplace(one.id, one.key).second) return false;
    auto key = one.key;
    numbers_.session = std::max(numbers_.session, key);
    return sessions_.try_emplace(key, stored_session{std::move(one), {}, {}, {}}).second;
}

bool memory_tables::restore(session_key of, log_entry one) {
    auto found = sessions_.find(of);
    if (found == sessions_.end()) return false;
    auto& session = found->second;
    if (!one.turn.empty() && !session.turns.try_emplace(one.turn, one.revision).second) return false;
    auto [place, is_new] = session.log.try_emplace(one.revision);
    if (is_new) place->second = std::move(one);
    return is_new;
}

bool memory_tables::restore(change one) {
    feed_.add(std::move(one));
    return true;
}

} // namespace rejoinder::persistence
