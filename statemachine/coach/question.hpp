#pragma once

#include "statemachine/coach/actions.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rejoinder::statemachine::coach {

/// What somebody who speaks for the coach is asked: the input of the actor `responder`. `prompt` is the
/// phase's; behind it follows how everything stands.
json make_question(const model& of, const std::string& prompt, const std::string& heard);

/// An answer as it came: what shall be said and done.
struct proposal {
    std::string message;
    json actions = json::array();
    std::string summary; ///< empty: none was given
};

/// Nothing when the answer can't be used: no message, or an action that there is not or that is not as its
/// schema says. Then none of it counts.
std::optional<proposal> read_answer(const json& output);

} // namespace rejoinder::statemachine::coach
