#pragma once

#include "persistence/database.hpp"
#include "persistence/json.hpp"
#include "service/machine_catalog.hpp"
#include "service/replay/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rejoinder::service {

/// One commit of a session, as its log has it.
struct recorded_commit {
    std::string turn; ///< empty: the session's birth, a device's report, an end without a turn
    std::string device;
    std::uint64_t number = 0;
    std::uint64_t last = 0; ///< the session's head behind it
    std::string status;
    std::string step; ///< what the step was given (`record_step`); empty: no step made it
    std::string events;
    std::string messages;
    std::string outcome;
};

/// A session from its beginning: which machine it ran, each step with its time, its random draws and what was
/// read for it, and what came of it. It holds no token; what people said, it does hold.
struct session_recording {
    std::string session;
    std::string machine;
    std::int64_t machine_version = 0;
    std::string machine_hash;
    json document; ///< the machine itself; null where whoever recorded did not have it
    std::vector<recorded_commit> commits;
    std::string state; ///< as the session's row had it at the end
};

/// Whether a text begins as a session's recording does.
bool is_session_recording(std::string_view text);

/// One JSON object a line: the session, each commit, and an end that says how many there are.
std::string to_lines(const session_recording& recorded);

/// What `to_lines` made. One that was cut off, or breaks the form, is an error that names the line.
std::variant<session_recording, recording_error> read_session_recording(const std::string& name,
                                                                        std::string_view lines);

/// Whether the log must reach back to the session's birth; without it nothing can be made again.
enum class log_start { needed, optional };

/// A stored session as a recording, with its machine from the catalog if it is there. `not_found` when there
/// is no such session, `corrupt` when its log is damaged, `trimmed` when the log has let go what is needed.
task<result<session_recording>> record_session(persistence::database* store, session_id id,
                                               const machine_catalog* machines, log_start wanted);

} // namespace rejoinder::service
