#include "service/session_fork.hpp"

#include "persistence/stores/due_sessions.hpp"
#include "service/session_state.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

persistence::session_row fork_of(persistence::session_row of, session_id as, utc_time now,
                                 milliseconds life) {
    of.key = {};
    of.id = std::move(as);
    of.revision = {};
    of.resets = 0;
    of.floor = of.head + 1;
    of.log_bytes = 0;
    of.owner_node.clear();
    of.owner_generation = 0;
    of.attach_generation = 0;
    of.created = of.last_seen = now;
    of.expires = std::max(now + life, of.expires); // which its timers may have put off
    of.devices = serialise(device_records());
    of.metadata = persistence::with_due("{}", persistence::due_in(of.metadata));
    return of;
}

} // namespace rejoinder::service
