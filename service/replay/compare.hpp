#pragma once

#include "persistence/json.hpp"
#include "persistence/time.hpp"
#include "service/replay/recording.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace rejoinder::service {

/// What came back while a turn was played. Times are since the connection was opened.
struct received_turn {
    struct reply {
        milliseconds at{0};
        std::size_t after = 0; ///< how many frames had been sent
        json message;
    };
    std::vector<milliseconds> sent; ///< when each of the turn's frames left
    std::vector<reply> replies;
    std::string failure; ///< why the turn could not be played to its end; empty: it was
};

enum class standing {
    same,
    on_purpose,   ///< differs for a reason that was given
    differs,      ///< the exit code is 1
    audio,        ///< not compared: what was answered was heard
    without_reply ///< not compared: no reply is recorded
};

struct turn_verdict {
    int turn = 0;
    standing result = standing::same;
    std::string recorded; ///< reply types: `LISTEN,EOS,SKILL_ACTION`; several batches: ` | ` between them
    std::string ours;     ///< the same of what came
    std::vector<std::string> problems;        ///< with what the types don't tell; no reason excuses them
    std::string reason;                       ///< of `on_purpose`
    std::optional<milliseconds> speech_delay; ///< from LISTEN to the first frame behind EOS
};

/// Compares a turn's replies with the recorded ones: types and their order, and of each reply to a text, a
/// touch or a trigger that it echoes the transaction, follows the text, intent, rules and entities, keeps
/// LISTEN before EOS before the rest, and that no speech comes too early.
turn_verdict compare_turn(const recorded_turn& turn, const received_turn& received);

/// A difference that is meant: reply types of ours in a turn, and why.
struct expectation {
    int turn = 0;
    std::string ours;
    std::string reason;
};

/// Reads `[{"turn", "ours", "reason"}, ...]`.
std::variant<std::vector<expectation>, recording_error> read_expectations(std::string_view document);

/// Excuses the turns that differ as expected. Returns a sentence for each expectation that no longer applies.
std::vector<std::string> excuse(std::vector<turn_verdict>& verdicts, std::span<const expectation> expected);

/// `turn 7: recorded LISTEN,EOS, ours LISTEN,EOS,SKILL_ACTION`, and the problems or the reason.
std::string describe(const turn_verdict& verdict);

/// `38 same, 0 differ on purpose, 0 differ, 23 not compared (15 audio, 8 without recorded reply)`
std::string summarise(std::span<const turn_verdict> verdicts);

} // namespace rejoinder::service
