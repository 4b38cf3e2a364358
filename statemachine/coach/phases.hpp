#pragma once

#include "statemachine/coach/model.hpp"

#include <optional>
#include <string>

namespace rejoinder::statemachine::coach {

/// What is still missing before a phase may be left.
struct missing {
    std::string code;    ///< names the guard, as `questions_open`
    std::string message; ///< one sentence
    json what;           ///< the questions, categories or identities that are missing; null: nothing to list
};

/// The guard that ends a phase: nothing when it holds. The last phase ends with nothing.
std::optional<missing> missing_to_leave(coach_phase phase, const model& of);

/// Nothing behind the last one.
std::optional<coach_phase> phase_after(coach_phase one) noexcept;
std::optional<coach_phase> phase_before(coach_phase one) noexcept;

coach_stage stage_of(coach_phase phase) noexcept;

/// The state that every identity must have reached to let a phase be left, and that the phase works towards;
/// nothing for phases that do not raise identities.
std::optional<identity_state> milestone_of(coach_phase phase) noexcept;

/// Identities that are not archived and stand below a state, in their order.
std::vector<const entry<coach_identity>*> below(identity_state state, const model& of);

/// {"phase", "stage", "step" (1 to 12), "steps", "percent"}: what a progress bar shows.
json progress(const model& of);

} // namespace rejoinder::statemachine::coach
