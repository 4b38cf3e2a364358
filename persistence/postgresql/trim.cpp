#include "persistence/postgresql/trim.hpp"

#include "persistence/rules.hpp"

namespace rejoinder::persistence::postgresql {
namespace {

const auto at_once = std::to_string(rules::trimmed_at_once);
const auto newest_that_may_go = std::to_string(rules::kept_entries - 1);

const statement ask("insert into trim (session, stripped, floor, forget_before) values ($1, 0, $2, $3) "
                    "on conflict (session) do update set floor = excluded.floor, "
                    "forget_before = excluded.forget_before");

// Removes the oldest entries up to the first that stays. Without as many entries as are kept there is no
// `kept`, and nothing goes.
const statement forget(R"sql(
with asked as (select floor, forget_before from trim where session = $1 and forget_before is not null),
kept as (select last, revision from session_log where session = $1
         order by last desc, revision desc limit 1 offset )sql" +
                       newest_that_may_go + R"sql(),
oldest as (select last, revision, bool_and((last, revision) < (select last, revision from kept)
                                           and at < (select forget_before from asked))
                                  over (order by last, revision) as goes
           from (select last, revision, at from session_log
                 where session = $1 and last < (select floor from asked)
                 order by last, revision limit )sql" +
                       at_once + R"sql() as found),
gone as (delete from session_log as entry using oldest
         where entry.session = $1 and entry.last = oldest.last and entry.revision = oldest.revision and oldest.goes
         returning 1)
update trim set forget_before = null
where session = $1 and forget_before is not null and (select count(*) from gone) < )sql" +
                       at_once);

// Takes all but the turn's outcome from the oldest entries that have more.
const statement strip(R"sql(
with asked as (select stripped, floor from trim where session = $1 and stripped < floor),
oldest as (select last, revision from session_log
           where session = $1 and last >= (select stripped from asked) and last < (select floor from asked)
           and (events <> '[]' or messages not in ('', '[]')) order by last, revision limit )sql" +
                      at_once + R"sql(),
done as (update session_log as entry set events = '[]', messages = '[]', input = '' from oldest
         where entry.session = $1 and entry.last = oldest.last and entry.revision = oldest.revision
         returning entry.last)
update trim set stripped = case when (select count(*) from done) < )sql" +
                      at_once + R"sql(
                                then floor else (select max(last) + 1 from done) end
where session = $1 and stripped < floor)sql");

} // namespace

query ask_trim(session_key session, std::uint64_t floor, utc_time forget_before) {
    return {&ask, parameters(session.value, floor, forget_before)};
}

void go_on_trimming(std::vector<query>& queries, session_key session) {
    queries.push_back({&forget, parameters(session.value)});
    queries.push_back({&strip, parameters(session.value)});
}

} // namespace rejoinder::persistence::postgresql
