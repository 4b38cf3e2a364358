#pragma once

#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/log_index.hpp"

namespace rejoinder::persistence::sqlite {

/// Lets go of what lies below the floor of a session's log, a bounded part with each commit of the session,
/// beginning where the last part ended. Belongs to the writer's thread and runs in its transaction.
class log_trimmer {
public:
    log_trimmer(connection& on, log_index& index);

    /// Notes what shall go, as `session_change::forget_before` says.
    void ask(session_key session, std::uint64_t floor, utc_time forget_before);

    /// Does the next part of what is noted; one look at a small table when nothing is.
    void go_on(session_key session);

private:
    enum class progress { more, done };

    progress forget(session_key session, std::uint64_t floor, utc_time before);
    std::uint64_t strip(session_key session, std::uint64_t from, std::uint64_t floor);

    log_index& index_;
    statement ask_;
    statement asked_;
    statement note_;
    statement oldest_kept_;
    log_walk oldest_;
    statement forget_;
    log_walk unstripped_;
    statement strip_;
};

} // namespace rejoinder::persistence::sqlite
