#pragma once

#include "persistence/session_record.hpp"
#include "persistence/stores/typed_record.hpp"

#include <optional>
#include <string>

namespace rejoinder::persistence {

/// A session whose next timer falls due then. Keyed so that what is due first comes first.
struct due_session {
    static constexpr record_shape shape{"due_session", 1, scope_parts::none};

    std::string session;
    utc_time due{};

    std::string key() const;
};
void describe(record_walk& walk, due_session& value);

/// An index over what sessions hold themselves: who looks for timers of sessions that nobody has loaded finds
/// them here. An entry is written and removed in the commit that changes the session's timers, so it is
/// there exactly while its session has a timer that is due then.
class due_sessions {
public:
    explicit due_sessions(database& db);

    /// In ascending order of their times, behind the key `after` (empty: from the first), 1 to 1000. Read
    /// from the keys alone, so that a damaged entry is in nobody's way.
    task<result<page<due_session>>> list(std::string after, std::size_t limit) const;

    record_write note(const session_id& session, utc_time due) const;
    record_write forget(const session_id& session, utc_time due) const;

private:
    database& database_;
    records_of<due_session> entries_;
};

/// When the session's next timer falls due, as its row's metadata (JSON) say; nothing when it has none.
std::optional<utc_time> due_in(std::string_view metadata);
/// The metadata with that in it.
std::string with_due(std::string metadata, std::optional<utc_time> due);

} // namespace rejoinder::persistence
