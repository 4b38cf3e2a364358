#pragma once

#include "persistence/database.hpp"
#include "persistence/json.hpp"
#include "service/machine_catalog.hpp"
#include "service/recording/lines.hpp"
#include "service/replay/recording.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rejoinder::service {

/// A session from its beginning, or from a state that it stood in: which machine it ran, each step with its
/// time, its random draws and what was read for it, and what came of it. It holds no token; what people said,
/// it does hold.
struct session_recording : recording_head {
    ordered_json document; ///< the machine itself; null where whoever recorded did not have it
    std::vector<recorded_commit> commits;
    std::vector<recorded_message> frames; ///< in their order; of one that was recorded while it lived
    std::size_t lost = 0;                 ///< lines that are missing in front of it or behind it
    std::string state;                    ///< as the session's row had it at the end; empty: it has no end
};

/// One JSON object a line: the session, each commit with the frames between them, and an end that says how
/// many commits there are.
std::string to_lines(const session_recording& recorded);

/// The parts of one, each of another version of the machine.
std::string to_lines(const std::vector<session_recording>& parts);

/// What `to_lines` made, or a recorder: that one's parts follow each other, what a part lacks is counted, and
/// what is behind a gap is left out up to the next part; a line of it that can't be read is a gap. Anything
/// else that was cut off, or breaks the form, is an error that names the line. There is a part at least.
std::variant<std::vector<session_recording>, recording_error> read_session_recording(const std::string& name,
                                                                                     std::string_view lines);

/// Whether the log must reach back to the session's birth; without it nothing can be made again.
enum class log_start { needed, optional };

/// A stored session as a recording, with its machine from the catalog if it is there. There is a part at
/// least, and one more wherever the session has gone over to another version of its machine. `not_found` when
/// there is no such session, `corrupt` when its log is damaged, `trimmed` when the log has let go what is
/// needed.
task<result<std::vector<session_recording>>> record_session(persistence::database* store, session_id id,
                                                            const machine_catalog* machines,
                                                            log_start wanted);

} // namespace rejoinder::service
