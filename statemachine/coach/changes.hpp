#pragma once

#include "statemachine/coach/actions.hpp"

#include <vector>

namespace rejoinder::statemachine::coach {

/// Where the stores' side of the coach is among the values of the outside: {"head"} alone when what the model
/// knows is what is stored, else also "state_revision" (of this session's state) and what the user's sessions
/// share: "identities", "items", "notes", "breaks" (the open one, if any), "facts"; each entry is {"id",
/// "revision", "value"}.
inline constexpr const char* shared_path = "/coach"; // below /session

/// The key of the user's data under which facts are kept, as one object.
inline constexpr const char* facts_key = "coach_facts";

/// Takes over what other sessions of the user have changed meanwhile.
void adopt(model& into, const json& shared);

/// What the stores must be told of a turn, for the effect `keep`:
///   "state"?        {"value", "revision"}: this session's
///   "head"?         revision: something that sessions share has been looked at or changed
///   "identities", "items", "notes"  [{"id", "revision", "before"?, "after"?}]
///   "break"?        {"id", "revision", "before"?, "after"?}
///   "log"           [{"id", "type", "parameters", "success", "summary"}]
/// Revisions are those of before the turn (0: there is no record); `after` is set to those of behind it, as
/// each record is written once. Null when there is nothing to tell.
json changes_between(const model& before, model& after, const std::vector<action_result>& results,
                     circumstances& in);

} // namespace rejoinder::statemachine::coach
