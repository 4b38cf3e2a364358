#pragma once

#include "statemachine/registry.hpp"

#include <span>

/// The coach's guards and actions, by the names that documents use. They work on the model at /context/coach.
///
///   guard  coach.at {phase}      the phase is active, and no break is open; or `break`: one is
///   guard  coach.may {phase}     a transition to the phase that comes next would not be refused
///   action coach.speak           the scripted speaker hears /event/text, acts and answers
///   action coach.act {actions}   carries out typed actions, as a client or a responder asks for them
///   action coach.follow_up       asks about the action item /event/item, when its time has come
///   action coach.consult {prompts}  puts at /context/question what the responder shall be asked: the prompt
///                                of the phase, and before it the one named `always`
///   action coach.answer          carries out and says what the responder has answered (/event/output)
///   action coach.excuse          says that no answer has come; nothing has changed
namespace rejoinder::statemachine::coach {

std::span<const guard_kind> guard_kinds();
std::span<const statemachine::action_kind> action_kinds_of_documents();

} // namespace rejoinder::statemachine::coach
