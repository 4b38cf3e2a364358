#include "persistence/sqlite/log_trimmer.hpp"

#include "persistence/rules.hpp"
#include "persistence/sqlite/rows.hpp"

#include <vector>

namespace rejoinder::persistence::sqlite {

// What a session's row names is never old enough to be forgotten.
static_assert(rules::kept_entries >= log_index::most_recent);

log_trimmer::log_trimmer(connection& on, log_index& index)
    : index_(index),
      ask_(on, "insert into trim (session, stripped, floor, forget_before) values (?1, 0, ?2, ?3) "
               "on conflict do update set floor = excluded.floor, forget_before = excluded.forget_before"),
      asked_(on, "select stripped, floor, forget_before from trim "
                 "where session = ?1 and (stripped < floor or forget_before is not null)"),
      note_(on, "update trim set stripped = ?2, forget_before = ?3 where session = ?1"),
      oldest_kept_(on,
                   places_of_session("last, revision", "true", "last desc, revision desc limit 1 offset ?2")),
      oldest_(on, "position, at, last, revision", "last < ?2", "last, revision limit ?3"),
      forget_(on, "delete from session_log where position = ?1"),
      unstripped_(on, "position", "last >= ?2 and last < ?3", "last, revision limit ?4",
                  "(events <> '[]' or messages not in ('', '[]'))"),
      strip_(on, "update session_log set events = '[]', messages = '[]', repeats = '', input = '' "
                 "where position = ?1") {}

void log_trimmer::ask(session_key session, std::uint64_t floor, utc_time forget_before) {
    ask_.execute(session.value, floor, forget_before);
}

void log_trimmer::go_on(session_key session) {
    std::uint64_t stripped = 0;
    std::uint64_t floor = 0;
    std::optional<utc_time> forget_before;
    {
        auto rows = asked_.run(session.value);
        if (!rows.next()) return;
        rows.read(stripped, floor, forget_before);
    }
    if (forget_before && forget(session, floor, *forget_before) == progress::done) forget_before.reset();
    if (stripped < floor) stripped = strip(session, stripped, floor);
    note_.execute(session.value, stripped, forget_before);
}

/// Removes the oldest entries up to the first that stays.
log_trimmer::progress log_trimmer::forget(session_key session, std::uint64_t floor, utc_time before) {
    log_position kept;
    {
        auto rows = oldest_kept_.run(session.value, static_cast<int>(rules::kept_entries) - 1);
        if (!rows.next()) return progress::done;
        rows.read(kept.last, kept.revision.value);
    }
    std::vector<std::int64_t> positions;
    log_position gone;
    {
        auto rows = oldest_.run(session, floor, static_cast<int>(rules::trimmed_at_once));
        while (rows.next()) {
            std::int64_t position = 0;
            utc_time at;
            log_position standing;
            rows.read(position, at, standing.last, standing.revision.value);
            if (standing >= kept || at >= before) break;
            positions.push_back(position);
            gone = standing;
        }
    }
    for (auto position : positions)
        forget_.execute(position);
    if (!positions.empty()) index_.remove_up_to(session, gone);
    return positions.size() < rules::trimmed_at_once ? progress::done : progress::more;
}

/// Takes all but the turn's outcome from entries from a number on; the number below which no entry up to the
/// floor has any.
std::uint64_t log_trimmer::strip(session_key session, std::uint64_t from, std::uint64_t floor) {
    static constexpr std::size_t most_looked_at = 16 * rules::trimmed_at_once;
    std::vector<std::int64_t> positions;
    bool are_all = false;
    log_position reached;
    {
        auto rows = unstripped_.run(session, from, floor, at_most(most_looked_at));
        while (positions.size() < rules::trimmed_at_once && rows.next())
            rows.read(positions.emplace_back());
        are_all = positions.size() < rules::trimmed_at_once && rows.looked_at() < most_looked_at;
        reached = rows.reached();
    }
    for (auto position : positions)
        strip_.execute(position);
    return are_all ? floor : reached.last + 1;
}

} // namespace rejoinder::persistence::sqlite
