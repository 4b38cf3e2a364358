#pragma once

#include "persistence/json.hpp"
#include "persistence/session_record.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The lines of a recorded session, one JSON object each: what `session export` writes, what `serve --record`
/// writes, and what `replay` reads. A line is told by the member that it has: `recording` (a head), `end`,
/// `in`, `out` or `closed` (a frame, or the end of a connection), `gap`; a commit has none of these.
namespace rejoinder::service {

/// Where a recording begins that does not begin with the session's birth.
struct recorded_start {
    std::string state; ///< as the session's row had it
    std::uint64_t head = 0;
};

/// Whom a session belongs to, as its row says; what is empty there is empty here.
struct recorded_owner {
    std::string account; ///< empty: not recorded
    std::string user;
    std::string person;
    friend bool operator==(const recorded_owner&, const recorded_owner&) = default;
};

/// Which session it is, and the machine that it ran.
struct recording_head {
    std::string session;
    std::string machine;
    std::int64_t machine_version = 0;
    std::string machine_hash;
    std::optional<recorded_start> start; ///< nothing: from the session's birth
    /// Written while the session lived: with frames, and perhaps without an end.
    bool live = false;
    recorded_owner owner; ///< of what is written while the session lives, so that it can be erased
};

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

recorded_commit to_recorded_commit(persistence::log_entry entry);

/// What passed between a client and the server: a message, or the end of a connection.
struct recorded_message {
    enum class direction { in, out, closed } way = direction::in; ///< `in`: from the client
    std::int64_t at = 0;                                          ///< Unix milliseconds
    /// Redacted; null: it was no JSON object. Of audio `audio` (bytes) and `sha256`; of an end, the close
    /// code.
    json what;
    std::size_t behind = 0; ///< how many commits of the recording stand in front of it
};

/// Whether a text begins as a session's recording does, with a head or with the gap in front of one.
bool is_session_recording(std::string_view text);

/// Whether a line is a head, which may yet be one that can't be read.
bool is_head(std::string_view line);

// Each with its line's end. `document` is the machine's, null where it is not at hand or was given before.
std::string to_line(const recording_head& head, const ordered_json& document);
std::string to_line(const recorded_commit& one);
std::string to_line(const recorded_message& one);
std::string to_end_line(std::size_t commits, const std::string& state);
std::string to_gap_line(std::size_t lost);

/// What a message is, by which it is known what in it is a secret.
enum class message_form {
    session_frame, ///< of rejoinder.v1
    robot_frame,
    as_it_is ///< a JSON object of this program's own
};

/// A message as it may be written: of any frame, resume tokens and credentials are `<redacted>`, of a robot's
/// whatever is named a token, a password or a secret; of a frame whose type the protocol does not know
/// nothing is kept, as nobody can tell what else is a secret. Null for what is no JSON object.
json redact(std::string_view message, message_form how = message_form::session_frame);

// What the lines above were made from. Throw `std::exception` with a sentence for a line of another form.
recording_head read_head(const json& line);
recorded_commit read_commit(const json& line);
recorded_message read_message(const json& line);
bool is_message(const json& line);

} // namespace rejoinder::service
