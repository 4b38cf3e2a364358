#pragma once

#include "persistence/json.hpp"
#include "persistence/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rejoinder::websocket::robot {

/// The robot begins to listen. It may carry what was heard already.
struct listen {
    std::string text; ///< of `data.text` or `data.asr.text`; empty: audio or another frame will tell
    std::vector<std::string> rules; ///< grammars that are open on the robot
    milliseconds silence{
        7000}; ///< how long the robot waits for speech to begin (`asr.sosTimeout`, 0.1 to 60 s)
};

/// The robot understood something itself: a touch on its screen, a menu.
struct client_nlu {
    std::string intent;
    json entities = json::object(); ///< as they came: their types are loose on purpose
    std::vector<std::string> rules; ///< empty: those of LISTEN hold
};

/// The robot recognised speech itself, or closes the audio (empty text).
struct client_asr {
    std::string text;
};

/// The robot asks whether there is something to say unasked.
struct trigger {
    std::string source; ///< SURPRISE, NEW_ARRIVAL
    json data = json::object();
};

/// What the robot sees and where it is.
struct device_context {
    json data = json::object();
    std::string transcript_hint; ///< `audioTranscriptHint`; tests say with it what the audio would contain
    std::optional<std::string> robot_id; ///< `runtime.loop.jibo.id`
};

/// A type that this program has no use for. It is no error: robots send more than is answered.
struct unknown {};

/// One text frame of a robot: its envelope and what it says.
struct frame {
    std::string type;
    std::string transaction; ///< `transID`; empty when absent
    std::string message;     ///< `msgID`; empty when absent
    std::variant<unknown, listen, client_nlu, client_asr, trigger, device_context> body;
};

/// Why a text is no frame: one sentence that holds nothing of the input.
struct frame_error {
    std::string message;
};

/// Bounds of a frame's members; beyond them it is refused.
inline constexpr std::size_t max_id_size = 256;    ///< bytes of `transID`, `msgID`, an intent or a rule
inline constexpr std::size_t max_text_size = 8192; ///< bytes of what was said
inline constexpr std::size_t max_rules = 64;

/// Reads one text frame. Members that are missing or of another type than expected count as absent, except
/// where the frame means nothing without them (`type`, the intent of CLIENT_NLU).
std::variant<frame, frame_error> parse_frame(std::string_view text);

} // namespace rejoinder::websocket::robot
