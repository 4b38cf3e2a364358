#include "persistence/postgresql/purger.hpp"

#include "persistence/postgresql/record_table.hpp"
#include "persistence/postgresql/session_table.hpp"
#include "persistence/rules.hpp"

#include <algorithm>
#include <span>

namespace rejoinder::persistence::postgresql {
namespace {

// What is found is locked in the order of the keys, as commits lock it, and looked at again under the lock:
// somebody may have prolonged its life.

const statement due_sessions(R"sql(
select key, id, revision, expires from session
where key = any(array(select key from session where due <= $1 order by due, key limit $2)) and due <= $1
order by key for update)sql");

const statement expired_records(R"sql(
select account, type, loop, device, person, key, record.revision
from (select account, type, loop, device, person, key from record
      where expires <= $1 order by expires limit $2) as wanted
join record using (account, type, loop, device, person, key)
where record.expires <= $1
order by account, type, loop, device, person, key for update of record)sql");

// Commits that create records wait for whoever has it: taken only when something is removed.
const statement erased_if_any(
    "select revision from erased where exists (select 1 from record where expires <= $1) for update");

const statement look_later("update session set due = expires where key = any($1::bigint[])");

} // namespace

std::vector<query> purger::begin() {
    gone_ = {};
    may_be_more_ = false;
    records_.clear();
    sessions_.clear();
    std::vector<query> queries;
    queries.push_back({&due_sessions, parameters(expired_before_, limit_.sessions)});
    queries.push_back({&expired_records, parameters(expired_before_, limit_.records)});
    if (limit_.records > 0) queries.push_back({&erased_if_any, parameters(expired_before_)});
    return queries;
}

std::vector<query> purger::decide(const std::vector<rows>& answers, change_recorder& feed) {
    std::vector<query> queries;
    take_sessions(answers[0], queries);
    take_records(answers[1], queries);
    gone_ = {records_.size(), sessions_.size()};
    // Which of them somebody else has changed meanwhile is not seen: as long as anything is found, look
    // again.
    may_be_more_ = answers[0].count() + answers[1].count() > 0;
    for (const auto& [id, last] : records_)
        feed.removed(id, last, now_);
    for (const auto& [id, last] : sessions_)
        feed.removed(id, last, now_);
    return queries;
}

void purger::take_records(const rows& found, std::vector<query>& queries) {
    revision highest;
    for (int row = 0; row < found.count(); ++row) {
        auto& [id, last] = records_.emplace_back();
        auto& owner = id.scope;
        found.read(row, owner.account, id.type, owner.loop, owner.device, owner.person, id.key, last.value);
        queries.push_back(erase_record(id));
        highest = std::max(highest, last);
    }
    if (!records_.empty()) queries.push_back(note_erased(highest));
}

void purger::take_sessions(const rows& found, std::vector<query>& queries) {
    std::vector<std::int64_t> expired;
    std::vector<std::int64_t> living;
    for (int row = 0; row < found.count(); ++row) {
        std::int64_t key = 0;
        expired_session one;
        utc_time expires;
        found.read(row, key, one.first.text, one.second.value, expires);
        if (rules::alive(expires, expired_before_)) {
            living.push_back(key);
        } else {
            expired.push_back(key);
            sessions_.push_back(std::move(one));
        }
    }
    remove_sessions(queries, expired);
    if (!living.empty()) queries.push_back({&look_later, parameters(std::span<const std::int64_t>(living))});
}

} // namespace rejoinder::persistence::postgresql
