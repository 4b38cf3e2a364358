#pragma once

#include "statemachine/skill/skill_task.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rejoinder::statemachine {

class skill_context;

/// What becomes of a running skill whose code does not do again what its journal says.
enum class on_divergence {
    fail, ///< its actor fails with `skill.diverged`: `onError` hears it, else the turn fails and nothing is
          ///< lost, until a program is there that goes on as the journal does
    restart, ///< it begins anew with the input it had, and the machine hears the event `skill.restarted`
             ///< {"skill", "expected", "found"}
    pin ///< a run stays with the code of the version that it began with, which must be installed as well;
        ///< where it is not, or differs all the same, as `fail`
};

/// A skill by the name that machines use: `"invoke": {"src": "skill:<name>"}`.
struct skill {
    std::string name; ///< an identifier in the sense of is_client_id
    /// From 1; grows when the code changes what it does. A run keeps the number that it began with
    /// (`skill_context::version`), so that newer code may go the old way for it.
    std::int64_t version = 1;
    skill_task (*run)(skill_context&) = nullptr;
    /// Outside values that it may read, as JSON Pointers: /user/<key>, /person/..., /device/..., /session/...
    std::vector<std::string> reads;
    on_divergence when_it_diverges = on_divergence::fail;
    /// What a user may say to any question to have the skill given up (`skill_cancelled`).
    std::vector<std::string> cancel_words;
};

} // namespace rejoinder::statemachine
