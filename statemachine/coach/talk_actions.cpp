// What the user has said, and where the coaching stands.

#include "statemachine/coach/action_kinds.hpp"
#include "statemachine/coach/identity_rules.hpp"
#include "statemachine/coach/phases.hpp"

#include "persistence/case_folding.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

std::string text(std::string_view of) {
    return std::string(of);
}

/// The phase that waits for a statement.
coach_phase phase_of(std::string_view statement) {
    if (statement == said::questions_declined) return coach_phase::get_to_know_you;
    if (statement == said::who_you_are_done || statement == said::who_you_want_to_be_done)
        return coach_phase::identity_warm_up;
    if (statement == said::overlaps_handled) return coach_phase::brainstorming_review;
    if (statement == said::nothing_missing) return coach_phase::anything_missing;
    if (statement == said::summary_acknowledged) return coach_phase::i_am_statement;
    return coach_phase::introduction;
}

outcome update_list(model& of, std::vector<std::string>& list, const json& parameters) {
    std::vector<std::string> made;
    for (const auto& item : parameters["items"]) {
        auto one = text(without_outer_spaces(item.get_ref<const std::string&>()));
        auto folded = fold_name(one);
        bool known = std::ranges::any_of(made, [&](const auto& other) { return fold_name(other) == folded; });
        if (!one.empty() && !known) made.push_back(std::move(one));
    }
    list = std::move(made);
    if (auto why = objection_to(of.state); !why.empty()) return refused("invalid", why);
    return done("The list is noted.", {{"count", list.size()}});
}

outcome move_back(model& of, coach_phase to) {
    of.state.phase = to;
    of.state.current_identity.clear();
    of.unsay(between_stages);
    return done("Back to an earlier phase; nothing is lost.", progress(of));
}

outcome move_on(model& of, coach_phase to) {
    auto from = of.state.phase;
    of.state.phase = to;
    of.state.current_identity.clear();
    if (from == coach_phase::brainstorming_review) of.state.focus = identity_category::passions_and_talents;
    if (stage_of(from) != stage_of(to)) of.say(between_stages);
    return done("The next phase begins.", progress(of));
}

} // namespace

outcome note_statement(model& of, const json& parameters, circumstances&) {
    const auto& statement = parameters["statement"].get_ref<const std::string&>();
    if (phase_of(statement) != of.state.phase)
        return refused("not_allowed_here", "The phase does not wait for this statement.",
                       {{"phase", persistence::to_string(of.state.phase)}});
    of.say(statement);
    return done("Noted.", {{"statement", statement}});
}

outcome mark_question(model& of, const json& parameters, circumstances&) {
    auto question = parameters["question"].get<std::string>();
    auto& asked = of.state.asked_questions;
    if (std::ranges::find(asked, question) == asked.end()) asked.push_back(question);
    return done("The question is marked as asked.", {{"question", std::move(question)}});
}

outcome update_who_you_are(model& of, const json& parameters, circumstances&) {
    return update_list(of, of.state.who_you_are, parameters);
}

outcome update_who_you_want_to_be(model& of, const json& parameters, circumstances&) {
    return update_list(of, of.state.who_you_want_to_be, parameters);
}

outcome select_focus(model& of, const json& parameters, circumstances&) {
    of.state.focus = category_in(parameters);
    return done("The focus is set.", {{"category", parameters["category"]}});
}

outcome skip_category(model& of, const json& parameters, circumstances&) {
    auto category = category_in(parameters);
    if (category == identity_category::passions_and_talents)
        return refused("needed", "Passions and talents are what the rest is built on.");
    if (!of.is_skipped(category)) of.state.skipped.push_back(category);
    return done("The category is skipped.", {{"category", parameters["category"]}});
}

outcome unskip_category(model& of, const json& parameters, circumstances&) {
    std::erase(of.state.skipped, category_in(parameters));
    return done("The category is open again.", {{"category", parameters["category"]}});
}

outcome transition_phase(model& of, const json& parameters, circumstances&) {
    auto to = persistence::choice_of<coach_phase>(parameters["to"].get_ref<const std::string&>());
    if (!to || *to == of.state.phase) return refused("there_already", "This is the phase already.");
    if (*to < of.state.phase) {
        if (parameters.value("asked_for", false)) return move_back(of, *to);
        return refused("not_asked_for", "Back goes only who has asked for it.");
    }
    if (to != phase_after(of.state.phase))
        return refused("not_next", "One phase follows another; none is left out.",
                       {{"next", persistence::to_string(*phase_after(of.state.phase))}});
    if (auto why = missing_to_leave(of.state.phase, of))
        return refused("missing", why->message, {{"guard", why->code}, {"missing", why->what}});
    return move_on(of, *to);
}

outcome start_break(model& of, const json&, circumstances& in) {
    auto before = phase_before(of.state.phase);
    if (of.resting || !in.ended_break.empty()) return refused("on_break", "A break is open already.");
    if (!before || !of.has_said(between_stages))
        return refused("within_a_stage", "A break is taken between two stages.",
                       {{"stage", persistence::to_string(stage_of(of.state.phase))}});
    of.resting = entry<coach_break>{in.new_id(), {stage_of(*before), in.now, std::nullopt}};
    return done("The break begins.",
                {{"id", of.resting->id}, {"stage", persistence::to_string(of.resting->value.stage)}});
}

outcome end_break(model& of, const json&, circumstances& in) {
    if (!of.resting) return refused("no_break", "No break is open.");
    auto id = of.resting->id;
    of.resting.reset();
    in.ended_break = id;
    return done("The break is over.", {{"id", std::move(id)}});
}

} // namespace rejoinder::statemachine::coach
