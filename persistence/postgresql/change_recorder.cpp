#include "persistence/postgresql/change_recorder.hpp"

#include <span>
#include <string>

namespace rejoinder::persistence::postgresql {
namespace {

constexpr std::int64_t is_put = 0;
constexpr std::int64_t is_removed = 1;

const statement append(R"sql(
with taken as (update feed set last = last + $1::bigint returning last)
insert into change (position, at, revision, is_session, is_removed, account, type, loop, device, person, key)
select taken.last - $1::bigint + made.place, made.at, made.revision, made.is_session, made.is_removed,
       made.account, made.type, made.loop, made.device, made.person, made.key
from taken, unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[], $8::bytea[],
                   $9::bytea[], $10::bytea[], $11::bytea[]) with ordinality
     as made (at, revision, is_session, is_removed, account, type, loop, device, person, key, place)
)sql");

const statement begin_at_what_is_kept("update feed set begins = greatest(begins, last + 1 - " +
                                      std::to_string(kept_changes) + ")");
const statement begin_behind_removals(
    "update feed set begins = greatest(begins, 1 + coalesce((select max(position) from change where "
    "is_removed = 1), 0))");
const statement delete_forgotten("delete from change where position < (select begins from feed)");

} // namespace

void change_recorder::put(const record_id& id, revision now, utc_time at) {
    add(id, now, at, is_put);
}

void change_recorder::put(const session_id& id, revision now, utc_time at) {
    add(id, now, at, is_put);
}

void change_recorder::removed(const record_id& id, revision last, utc_time at) {
    add(id, last, at, is_removed);
}

void change_recorder::removed(const session_id& id, revision last, utc_time at) {
    add(id, last, at, is_removed);
}

void change_recorder::add(const record_id& id, revision number, utc_time at, std::int64_t removed) {
    const auto& owner = id.scope;
    add({owner.account, id.type, owner.loop, owner.device, owner.person, id.key}, 0, number, at, removed);
}

/// A session's id is in the place of the key.
void change_recorder::add(const session_id& id, revision number, utc_time at, std::int64_t removed) {
    add({"", "", "", "", "", id.text}, 1, number, at, removed);
}

void change_recorder::add(std::array<std::string_view, 6> names, std::int64_t session, revision number,
                          utc_time at, std::int64_t removed) {
    at_.push_back(to_unix(at));
    revisions_.push_back(static_cast<std::int64_t>(number.value));
    sessions_.push_back(session);
    removals_.push_back(removed);
    for (std::size_t i = 0; i < names.size(); ++i)
        names_[i].push_back(names[i]);
}

void change_recorder::write(std::vector<query>& queries) const {
    if (at_.empty()) return;
    parameters with(at_.size());
    for (const auto* numbers : {&at_, &revisions_, &sessions_, &removals_})
        with.add(std::span<const std::int64_t>(*numbers));
    for (const auto& texts : names_)
        with.add(std::span<const std::string_view>(texts));
    queries.push_back({&append, std::move(with)});
}

void forget_old_changes(std::vector<query>& queries) {
    queries.push_back({&begin_at_what_is_kept, {}});
    queries.push_back({&delete_forgotten, {}});
}

void forget_removals(std::vector<query>& queries) {
    queries.push_back({&begin_behind_removals, {}});
    queries.push_back({&delete_forgotten, {}});
}

} // namespace rejoinder::persistence::postgresql
