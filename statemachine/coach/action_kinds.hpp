#pragma once

#include "statemachine/coach/actions.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Between the table of actions and what carries them out; nobody else's.
namespace rejoinder::statemachine::coach {

struct outcome {
    verdict how = verdict::done;
    std::string message;
    json data = json::object();
};

outcome done(std::string message, json data = json::object());
outcome refused(std::string code, std::string message, json data = json::object());

/// What an action is about: the work of a stage; what is talked about in it, which ends no pause between two
/// stages; or something beside it, which can be done in a break.
enum class concern { coaching, topic, aside };

using phase_set = std::uint16_t; // bit n: the phase n of `coach_phase`

struct action_kind {
    std::string_view name;
    std::string_view purpose; ///< for whoever answers
    json (*schema)();         ///< of the parameters
    phase_set phases;
    concern about;
    outcome (*run)(model& of, const json& parameters, circumstances& in);
};

std::span<const action_kind> action_kinds() noexcept;
const action_kind* find_action(std::string_view name) noexcept;

/// The parameters' schema; lives as long as the program.
const json& schema_of(const action_kind& kind);

// Identities (identity_actions.cpp, identity_changes.cpp).
outcome create_identity(model& of, const json& parameters, circumstances& in);
outcome create_identities(model& of, const json& parameters, circumstances& in);
outcome update_identity(model& of, const json& parameters, circumstances& in);
outcome rename_identity(model& of, const json& parameters, circumstances& in);
outcome archive_identity(model& of, const json& parameters, circumstances& in);
outcome accept_identity(model& of, const json& parameters, circumstances& in);
outcome complete_refinement(model& of, const json& parameters, circumstances& in);
outcome complete_commitment(model& of, const json& parameters, circumstances& in);
outcome complete_i_am(model& of, const json& parameters, circumstances& in);
outcome complete_visualization(model& of, const json& parameters, circumstances& in);
outcome add_identity_note(model& of, const json& parameters, circumstances& in);
outcome nest_identity(model& of, const json& parameters, circumstances& in);
outcome combine_identities(model& of, const json& parameters, circumstances& in);
outcome set_current_identity(model& of, const json& parameters, circumstances& in);

// What the user says, and where the coaching stands (talk_actions.cpp).
outcome note_statement(model& of, const json& parameters, circumstances& in);
outcome mark_question(model& of, const json& parameters, circumstances& in);
outcome update_who_you_are(model& of, const json& parameters, circumstances& in);
outcome update_who_you_want_to_be(model& of, const json& parameters, circumstances& in);
outcome select_focus(model& of, const json& parameters, circumstances& in);
outcome skip_category(model& of, const json& parameters, circumstances& in);
outcome unskip_category(model& of, const json& parameters, circumstances& in);
outcome transition_phase(model& of, const json& parameters, circumstances& in);
outcome start_break(model& of, const json& parameters, circumstances& in);
outcome end_break(model& of, const json& parameters, circumstances& in);

// What the user keeps (keeping_actions.cpp).
outcome save_fact(model& of, const json& parameters, circumstances& in);
outcome add_user_note(model& of, const json& parameters, circumstances& in);
outcome update_user_note(model& of, const json& parameters, circumstances& in);
outcome delete_user_note(model& of, const json& parameters, circumstances& in);
outcome create_action_item(model& of, const json& parameters, circumstances& in);
outcome update_action_item(model& of, const json& parameters, circumstances& in);
outcome complete_action_item(model& of, const json& parameters, circumstances& in);

} // namespace rejoinder::statemachine::coach
