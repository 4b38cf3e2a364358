#pragma once

#include "statemachine/coach/stage_hand.hpp"

#include <string>
#include <vector>

/// Between the parts of the script. Each phase hears what was said to its question, and asks what it needs
/// next; when that is nothing, it lets the next phase ask.
namespace rejoinder::statemachine::coach {

void hear_introduction(stage_hand& on);
void ask_introduction(stage_hand& on);
void hear_get_to_know_you(stage_hand& on);
void ask_get_to_know_you(stage_hand& on);
void hear_identity_warm_up(stage_hand& on);
void ask_identity_warm_up(stage_hand& on);
void hear_identity_brainstorming(stage_hand& on);
void ask_identity_brainstorming(stage_hand& on);
void hear_brainstorming_review(stage_hand& on);
void ask_brainstorming_review(stage_hand& on);
void hear_identity_refinement(stage_hand& on);
void ask_identity_refinement(stage_hand& on);
void hear_anything_missing(stage_hand& on);
void ask_anything_missing(stage_hand& on);
void hear_identity_commitment(stage_hand& on);
void ask_identity_commitment(stage_hand& on);
void hear_i_am_statement(stage_hand& on);
void ask_i_am_statement(stage_hand& on);
void hear_identity_visualization(stage_hand& on);
void ask_identity_visualization(stage_hand& on);
void hear_action_planning(stage_hand& on);
void ask_action_planning(stage_hand& on);
void hear_accountability(stage_hand& on);
void ask_accountability(stage_hand& on);

/// Asks what the phase that stands now needs next.
void ask_next(stage_hand& on);

/// Goes on to the next phase when this one's guard holds, and asks what that needs. False, and nothing said,
/// when it does not hold.
bool move_on(stage_hand& on);

/// Carries out an action of which the script speaks. When it is refused, says why and puts the open question
/// again: nothing else may be said then.
bool carries_out(stage_hand& on, std::string_view action, json parameters);

/// Says why an action was refused.
void say_refusal(stage_hand& on, const action_result& refused);

/// Explains what was asked, and asks it again.
void help(stage_hand& on);

/// What may be said at any time: true when it was such a thing, and is answered.
bool hear_wish(stage_hand& on);

/// "I'm not spiritual at all": no identity, where one was asked for.
bool says_what_one_is_not(std::string_view text);

/// Proposes each of the names in a category, and says which were noted and which there are already. False
/// when none was new.
bool propose(stage_hand& on, const std::vector<std::string>& names, identity_category category);

/// A category as people say it: "passions and talents".
std::string spoken_category(identity_category which);

std::vector<std::string> names_of_identities(const std::vector<const entry<coach_identity>*>& all);

} // namespace rejoinder::statemachine::coach
