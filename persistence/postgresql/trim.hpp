#pragma once

#include "persistence/postgresql/connection.hpp"
#include "persistence/session_record.hpp"

#include <vector>

namespace rejoinder::persistence::postgresql {

/// Statements that ask for a trim of a session's log, and those that do a bounded part of what is asked for.
query ask_trim(session_key session, std::uint64_t floor, utc_time forget_before);
void go_on_trimming(std::vector<query>& queries, session_key session);

} // namespace rejoinder::persistence::postgresql
