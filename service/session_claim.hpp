#pragma once

#include "persistence/session_record.hpp"
#include "service/refusal.hpp"
#include "service/session_messages.hpp"
#include "service/session_state.hpp"

#include <optional>
#include <string>

namespace rejoinder::service {

/// A stored session as far as it says whose it is.
struct session_ownership {
    persistence::session_row row;
    std::optional<device_records> devices; ///< nothing: what is stored of them can't be read
    std::string epoch;
};

/// Whether a client may have this session; nothing when it may. Steps C and D of the protocol's admission:
/// they come before anything else that is said of a session, so that nobody learns of one that is not theirs.
std::optional<refusal> problem_of(const attach_request& claim, const persistence::session_row& row,
                                  const device_records* devices, const std::string& epoch, utc_time now);

} // namespace rejoinder::service
