#pragma once

#include "persistence/session_record.hpp"
#include "persistence/time.hpp"

namespace rejoinder::service {

/// A stored session under another id, as its last commit left it: its owner, its machine's state and what it
/// remembers of the conversation. Its epoch is another one, as its id is; numbers of events go on behind a
/// log that is empty, so whoever comes to it gets a snapshot. No device is known to it. Pure.
persistence::session_row fork_of(persistence::session_row of, session_id as, utc_time now, milliseconds life);

} // namespace rejoinder::service
