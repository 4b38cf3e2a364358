#pragma once

#include "statemachine/coach/stage_hand.hpp"

namespace rejoinder::statemachine::coach {

/// The speaker that needs nobody outside: answers what the user said, does what follows from it, and asks on.
/// The same model, text and draws give the same conversation.
void speak(stage_hand& on);

/// Asks how an action item went; where the coach waits for an answer that this would take, only mentions the
/// item. Nothing when it is not open any more, or due later.
void follow_up(stage_hand& on, std::string_view item);

} // namespace rejoinder::statemachine::coach
