#pragma once

#include "persistence/json.hpp"
#include "persistence/time.hpp"
#include "websocket/robot/input.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::websocket::robot {

/// What a machine showed in a turn. A robot can do something with three kinds:
/// `say` and `ask`    `text`, and optionally `skill`, `mim_id`, `mim_type`, `prompt_id`,
/// `prompt_sub_category` `redirect`         `skill` (required), and optionally `intent` and `entities` for
/// that skill
struct shown_event {
    std::string kind;
    json data = json::object();
};

/// A turn that has its outcome.
struct answered_turn {
    input what;
    std::string
        understood; ///< the intent that the machine found in a text; the robot's own intent stays as it was
    std::vector<shown_event> shown;
    utc_time at{}; ///< of the input's receipt
};

/// A frame for the robot, and how long after the batch's first frame it may leave at the earliest.
struct timed_frame {
    milliseconds delay{0};
    json message;
};

inline constexpr milliseconds speech_delay{75};         ///< of SKILL_ACTION and SKILL_REDIRECT behind LISTEN
inline constexpr milliseconds silent_action_delay{125}; ///< of the SKILL_ACTION that follows a SKILL_REDIRECT

/// The frames that answer one turn, in order: LISTEN and EOS, then SKILL_ACTION for what was said, or
/// SKILL_REDIRECT with a SKILL_ACTION that is silent unless something was said as well. A trigger that
/// nothing was said to has no answer. A pure function: the same turn gives the same frames.
std::vector<timed_frame> make_batch(const answered_turn& turn);

/// The rules as a reply names them: without the robot-wide `globals/...` when one of them only wants yes or
/// no.
std::vector<std::string> reply_rules(const std::vector<std::string>& rules);

/// Text as content of an ESML (XML 1.0) document: markup escaped, characters that XML has no place for left
/// out.
std::string escape_esml(std::string_view text);

} // namespace rejoinder::websocket::robot
