#pragma once

#include "statemachine/skill/skill.hpp"

namespace samples {

/// Keeps lists of a household in the user's data `lists`. Input {"list": name}; it returns a sentence.
rejoinder::statemachine::skill_task household_list(rejoinder::statemachine::skill_context& skill);

inline rejoinder::statemachine::skill household_list_skill() {
    return {"household_list",
            1,
            household_list,
            {"/user/lists"},
            rejoinder::statemachine::on_divergence::restart,
            {"never mind", "cancel", "forget it"}};
}

} // namespace samples
