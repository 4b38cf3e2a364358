#pragma once

#include "statemachine/coach/actions.hpp"

#include <vector>

namespace rejoinder::statemachine::coach {

/// Where the stores' side of the coach is among the values of the outside: {"head"} alone when what the model
/// knows is what is stored, else also "state_revision" (of this session's state) and what the user's sessions
/// share: "identities", "items", "notes", "breaks" (the open one, if any), "facts"; each entry is {"id",
/// "revision", "value"}. With a head of 0 {"head", "state_revision"}.
inline constexpr const char* shared_path = "/coach"; // below /session

/// The key of the user's data under which facts are kept, as one object.
inline constexpr const char* facts_key = "coach_facts";

/// Takes over what other sessions of the user have changed meanwhile. Once a step: behind a change of the
/// step's own this would undo it.
void adopt(model& into, const json& shared);

/// What the stores must be told of a turn, for the effect `keep`:
///   "state"?        {"value", "revision"}: this session's
///   "head"?         revision: something that sessions share has been looked at or changed
///   "identities", "items", "notes"  [{"id", "revision", "before"?, "after"?}]
///   "break"?        {"id", "revision", "before"?, "after"?}
///   "log"           [{"id", "type", "parameters", "success", "summary"}]
/// Revisions are those of before the turn (0: there is no record). Null when there is nothing to tell.
json changes_between(const model& before, const model& after, const std::vector<action_result>& results,
                     circumstances& in);

/// Two changes of one step, the later one made behind the earlier one, as one: each record is written once.
/// Either may be null.
json joined(json earlier, json later);

/// Gives the model the revisions that its records have behind these changes, all of a step. Which one a
/// record begins with only the store knows: where one is created the head becomes 0, which no stored one has,
/// so that the next turn reads them first.
void count_writes(model& of, const json& changes);

} // namespace rejoinder::statemachine::coach
