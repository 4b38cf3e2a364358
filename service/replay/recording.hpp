#pragma once

#include "persistence/json.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rejoinder::service {

/// One frame that the robot sent: a text, or so many bytes of audio.
struct recorded_frame {
    milliseconds at{0}; ///< since the recording's start
    std::variant<std::string, std::size_t> content;
    json message; ///< the text, parsed; null for audio and for texts that are no JSON

    bool is_text() const noexcept { return content.index() == 0; }
};

/// A reply frame's expected content, in hand-made flows.
struct expected_frame {
    json subset; ///< members that must be there with these values; null: any content
    milliseconds delay{0};
};

/// The frames that answered one input.
struct recorded_batch {
    milliseconds at{0};
    std::size_t after = 0; ///< how many frames of the robot had arrived
    std::vector<std::string> types;
    std::vector<expected_frame> content; ///< empty, or one for each type
};

enum class turn_end {
    closed, ///< the robot closed the connection
    cut     ///< it was gone without a close frame
};

/// One turn: one connection of a robot.
struct recorded_turn {
    int number = 0; ///< as the recording counts; flows: from 1 in the order of their files
    std::string token;
    std::string path; ///< of the WebSocket
    milliseconds opened{0};
    std::vector<recorded_frame> frames;
    std::vector<recorded_batch> replies;

    /// Whether `replies` lists everything that may be answered. Otherwise what follows audio or has no
    /// recorded reply is not compared.
    bool complete = false;
    turn_end end = turn_end::closed;

    /// The last moment that is recorded of it.
    milliseconds ended() const noexcept;
};

struct recording {
    std::string name;
    std::vector<recorded_turn> turns; ///< in the order in which they were opened
};

/// What is wrong with a recording, in one sentence that names the line.
struct recording_error {
    std::string message;
};

using read_outcome = std::variant<recording, recording_error>;

/// One JSON object a line, as ../shared/captures describes them. Two members may be added: `complete` (true)
/// and `ends` ("cut"). A text that is no JSON stands as a string in `text` and is sent as it is.
read_outcome read_recording(std::string name, std::string_view lines);

/// A hand-made flow: one JSON document with `session` and `steps`. It becomes one complete turn.
read_outcome read_flow(std::string name, std::string_view document);

/// Reads a file as one or the other by its name (`*.flow.json`). Files above 64 MiB are refused.
read_outcome load_recording(const std::string& path);

} // namespace rejoinder::service
