#include "persistence/sqlite/purger.hpp"

#include "persistence/rules.hpp"
#include "persistence/sqlite/rows.hpp"

#include <vector>

namespace rejoinder::persistence::sqlite {

purger::purger(connection& on, remover& removals)
    : removals_(removals),
      expired_records_(on, "select account, type, loop, device, person, key from record "
                           "where expires <= ?1 order by expires limit ?2"),
      due_session_(on, "select due.at, due.session, session.expires "
                       "from session_due as due left join session on session.key = due.session "
                       "where due.at <= ?1 order by due.at, due.session limit 1"),
      forget_due_(on, "delete from session_due where at = ?1 and session = ?2"),
      note_due_(on, "insert or ignore into session_due (at, session) values (?1, ?2)") {}

purged purger::purge(utc_time expired_before, std::size_t limit, utc_time now) {
    purged gone;
    gone.records = purge_records(expired_before, limit, now);
    gone.sessions = purge_sessions(expired_before, limit, now);
    return gone;
}

std::uint64_t purger::purge_records(utc_time expired_before, std::size_t limit, utc_time now) {
    std::vector<record_id> expired;
    {
        auto rows = expired_records_.run(expired_before, at_most(limit));
        while (rows.next()) {
            auto& id = expired.emplace_back();
            auto& owner = id.scope;
            rows.read(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
        }
    }
    for (const auto& id : expired)
        removals_.remove(id, now);
    return expired.size();
}

/// A session whose life was prolonged since it was noted is noted anew. That happens once in a session's
/// life, so it is not counted against the limit.
std::uint64_t purger::purge_sessions(utc_time expired_before, std::size_t limit, utc_time now) {
    std::uint64_t gone = 0;
    while (gone < limit) {
        utc_time noted;
        session_key session;
        std::optional<utc_time> expires; // none: it was removed otherwise
        {
            auto rows = due_session_.run(expired_before);
            if (!rows.next()) break;
            rows.read(noted, session.value, expires);
        }
        forget_due_.execute(noted, session.value);
        if (!expires) continue;
        if (rules::alive(expires, expired_before)) {
            note_due_.execute(*expires, session.value);
        } else {
            removals_.remove(session, now);
            ++gone;
        }
    }
    return gone;
}

} // namespace rejoinder::persistence::sqlite
