#include "statemachine/coach/phases.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::statemachine::coach {
namespace {

using guard = std::optional<missing>;

guard lacks(const char* code, std::string message, json what = nullptr) {
    return missing{code, std::move(message), std::move(what)};
}

guard leave_introduction(const model& of) {
    if (!of.has_said(said::consented)) return lacks("consent", "The user has not consented.");
    if (!of.has_said(said::ready)) return lacks("ready", "The user has not said to be ready.");
    return std::nullopt;
}

guard leave_get_to_know_you(const model& of) {
    if (of.has_said(said::questions_declined)) return std::nullopt;
    auto open = json::array();
    for (auto question : questions())
        if (std::ranges::find(of.state.asked_questions, question) == of.state.asked_questions.end())
            open.push_back(question);
    if (open.empty()) return std::nullopt;
    return lacks("questions", "Questions have not been asked, and the user has not declined them.", open);
}

guard leave_identity_warm_up(const model& of) {
    auto open = json::array();
    if (!of.has_said(said::who_you_are_done)) open.push_back("who_you_are");
    if (!of.has_said(said::who_you_want_to_be_done)) open.push_back("who_you_want_to_be");
    if (open.empty()) return std::nullopt;
    return lacks("lists", "The user is not done with the lists.", open);
}

/// How many identities a category needs unless it is skipped.
std::size_t needed(identity_category of) {
    return of == identity_category::passions_and_talents ? 2 : 1;
}

guard leave_identity_brainstorming(const model& of) {
    auto open = json::array();
    for (std::size_t i = 0; i < persistence::names_of(identity_category{}).size(); ++i) {
        auto category = static_cast<identity_category>(i);
        if (!of.is_skipped(category) && of.living(category).size() < needed(category))
            open.push_back(persistence::to_string(category));
    }
    if (open.empty()) return std::nullopt;
    return lacks("categories", "Categories have too few identities and are not skipped.", open);
}

guard leave_brainstorming_review(const model& of) {
    if (of.has_said(said::overlaps_handled)) return std::nullopt;
    return lacks("overlaps", "The user has not said what to do about identities that overlap.");
}

guard none_below(identity_state state, const model& of) {
    if (of.living().empty()) return lacks("identities", "There is no identity.");
    auto names = json::array();
    for (const auto* one : below(state, of))
        names.push_back(one->value.name);
    if (names.empty()) return std::nullopt;
    return lacks("identities",
                 "Identities have not reached " + std::string(persistence::to_string(state)) + ".", names);
}

guard leave_anything_missing(const model& of) {
    if (!of.has_said(said::nothing_missing))
        return lacks("nothing_missing", "The user has not said that nothing is missing.");
    return none_below(identity_state::refinement_complete, of);
}

guard leave_i_am_statement(const model& of) {
    if (auto open = none_below(identity_state::i_am_complete, of)) return open;
    if (of.has_said(said::summary_acknowledged)) return std::nullopt;
    return lacks("summary", "The user has not acknowledged the summary of the statements.");
}

guard leave_action_planning(const model& of) {
    if (!of.items.empty()) return std::nullopt;
    return lacks("action_items", "There is no action item.");
}

} // namespace

std::optional<missing> missing_to_leave(coach_phase phase, const model& of) {
    switch (phase) {
    case coach_phase::introduction:
        return leave_introduction(of);
    case coach_phase::get_to_know_you:
        return leave_get_to_know_you(of);
    case coach_phase::identity_warm_up:
        return leave_identity_warm_up(of);
    case coach_phase::identity_brainstorming:
        return leave_identity_brainstorming(of);
    case coach_phase::brainstorming_review:
        return leave_brainstorming_review(of);
    case coach_phase::identity_refinement:
    case coach_phase::identity_commitment:
    case coach_phase::identity_visualization:
        return none_below(milestone_of(phase).value_or(identity_state::proposed), of);
    case coach_phase::anything_missing:
        return leave_anything_missing(of);
    case coach_phase::i_am_statement:
        return leave_i_am_statement(of);
    case coach_phase::action_planning:
        return leave_action_planning(of);
    case coach_phase::accountability:
        break;
    }
    return lacks("last", "Nothing comes behind accountability.");
}

std::optional<coach_phase> phase_after(coach_phase one) noexcept {
    if (one == coach_phase::accountability) return std::nullopt;
    return static_cast<coach_phase>(static_cast<int>(one) + 1);
}

std::optional<coach_phase> phase_before(coach_phase one) noexcept {
    if (one == coach_phase::introduction) return std::nullopt;
    return static_cast<coach_phase>(static_cast<int>(one) - 1);
}

coach_stage stage_of(coach_phase phase) noexcept {
    using enum coach_stage;
    static constexpr std::array<coach_stage, 12> stages{
        welcome,    get_to_know, get_to_know, brainstorming, brainstorming, refinement,
        refinement, commitment,  i_am,        visualization, onward,        onward};
    return stages[static_cast<std::size_t>(phase)];
}

std::optional<identity_state> milestone_of(coach_phase phase) noexcept {
    switch (phase) {
    case coach_phase::identity_refinement:
    case coach_phase::anything_missing:
        return identity_state::refinement_complete;
    case coach_phase::identity_commitment:
        return identity_state::commitment_complete;
    case coach_phase::i_am_statement:
        return identity_state::i_am_complete;
    case coach_phase::identity_visualization:
        return identity_state::visualization_complete;
    default:
        return std::nullopt;
    }
}

std::vector<const entry<coach_identity>*> below(identity_state state, const model& of) {
    auto found = of.living();
    std::erase_if(found, [&](const auto* one) { return one->value.state >= state; });
    return found;
}

json progress(const model& of) {
    constexpr int steps = 12;
    auto step = static_cast<int>(of.state.phase) + 1;
    return {{"phase", persistence::to_string(of.state.phase)},
            {"stage", persistence::to_string(stage_of(of.state.phase))},
            {"step", step},
            {"steps", steps},
            {"percent", (step - 1) * 100 / (steps - 1)}};
}

} // namespace rejoinder::statemachine::coach
