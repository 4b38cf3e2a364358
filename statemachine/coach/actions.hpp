#pragma once

#include "statemachine/coach/model.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine::coach {

/// What an action may take from outside of the model. One for all actions of a step.
struct circumstances {
    utc_time now{};
    std::function<std::string()> new_id; ///< ids sort as they were drawn
    /// Names that this step has let go, folded: a name changes hands in two steps, as the stores want it.
    std::vector<std::string> let_go{};
    /// The break that this step has ended; the next one begins in another step, for the same reason.
    std::string ended_break{};
};

enum class verdict { done, refused };

/// What became of an action. `data` has the ids of what was made or changed; of a refused one a `code`:
/// unknown_action, invalid (not what the schema says), no_consent, on_break, not_allowed_here, too_large, and
/// what each action has of its own.
struct action_result {
    std::string action;
    json parameters = json::object();
    verdict how = verdict::refused;
    std::string message; ///< one sentence
    json data = json::object();

    bool done() const noexcept { return how == verdict::done; }
};

/// {"action", "success", "message", "data"}: what clients and responders are shown.
json to_json(const action_result& of);

/// Carries out `{"action": name, "parameters": {...}}`, or refuses it; then the model is what it was. Which
/// actions a phase allows stands in `action_table.cpp`. No action is carried out before the user has
/// consented, but to note that, and none of coaching during a break.
action_result apply(model& to, const json& asked, circumstances& in);

/// All actions, in the table's order.
std::span<const std::string_view> action_names();

/// Whether the phase allows the action; false for unknown ones.
bool is_allowed(std::string_view action, coach_phase phase);

/// The JSON Schema of an answer of somebody who speaks for the coach in this phase: {"message", "actions"}.
/// With `summary` the answer also sums up what was said.
enum class summing_up { not_now, wanted };
json answer_schema(coach_phase phase, summing_up summary);

/// The actions that the phase allows, one a line with what they are for.
std::string describe_actions(coach_phase phase);

/// An answer's actions without the members that are null: what its schema asks for, and actions leave out.
json without_nulls(json actions);

/// Whether every one of an answer's actions is one that there is, as its schema says.
bool are_well_formed(const json& actions);

} // namespace rejoinder::statemachine::coach
