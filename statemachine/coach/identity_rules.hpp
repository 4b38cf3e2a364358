#pragma once

#include "statemachine/coach/action_kinds.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What the actions on identities share.
namespace rejoinder::statemachine::coach {

/// A name without what does not belong to it: spaces around it, a full stop behind it.
std::string tidy_name(std::string_view name);

identity_category category_in(const json& parameters);

/// The identity that `member` names, by id or name; null when the user has none of it that is not archived.
/// Whatever is found is the user's own: nobody else's are in the model.
entry<coach_identity>* living_identity(model& of, const json& parameters, const char* member = "identity");
outcome no_identity();

/// Why an identity (`of_whom`, its id; empty: a new one) can't have the name; nothing when it can.
std::optional<outcome> objection_to_name(const model& of, std::string_view name, std::string_view of_whom,
                                         const circumstances& in);

/// Lets its name go; what was nested in it stands alone.
void archive(model& of, entry<coach_identity>& one, circumstances& in);

} // namespace rejoinder::statemachine::coach
