#include "statemachine/coach/script.hpp"

#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/script_phases.hpp"

#include <array>

namespace rejoinder::statemachine::coach {
namespace {

struct part {
    void (*hear)(stage_hand&);
    void (*ask)(stage_hand&);
};

/// One for each phase, in their order.
constexpr std::array<part, 12> parts{{{hear_introduction, ask_introduction},
                                      {hear_get_to_know_you, ask_get_to_know_you},
                                      {hear_identity_warm_up, ask_identity_warm_up},
                                      {hear_identity_brainstorming, ask_identity_brainstorming},
                                      {hear_brainstorming_review, ask_brainstorming_review},
                                      {hear_identity_refinement, ask_identity_refinement},
                                      {hear_anything_missing, ask_anything_missing},
                                      {hear_identity_commitment, ask_identity_commitment},
                                      {hear_i_am_statement, ask_i_am_statement},
                                      {hear_identity_visualization, ask_identity_visualization},
                                      {hear_action_planning, ask_action_planning},
                                      {hear_accountability, ask_accountability}}};

const part& part_of(coach_phase phase) {
    return parts[static_cast<std::size_t>(phase)];
}

/// Somebody who rests is not asked anything but whether to go on.
void hear_on_break(stage_hand& on) {
    auto wanted = wish_of(on.heard);
    bool goes_on = wanted == wish::next || wanted == wish::greeting || wanted == wish::repeat ||
                   (wanted == wish::none && yes_or_no(on.heard) == answer::yes);
    if (!goes_on) return on.say(wanted == wish::stop || wanted == wish::enough ? "goodbye" : "rest.on");
    on.act("end_break");
    on.say("rest.over");
    on.ask_again();
    if (on.question().empty()) ask_next(on);
}

/// What a phase is about, said when it is entered for the first time.
void open(stage_hand& on, coach_stage behind) {
    auto phase = on.of.state.phase;
    auto name = std::string(persistence::to_string(phase));
    auto stage = stage_of(phase);
    if (stage != behind)
        on.say("stage", {{"number", std::to_string(static_cast<int>(stage) + 1)},
                         {"stage", std::string(persistence::to_string(stage))}});
    auto seen = on.note("opened");
    if (seen.find(' ' + name + ' ') != std::string::npos) return;
    on.note("opened", (seen.empty() ? " " : seen) + name + " ");
    on.say("open." + name);
}

} // namespace

void ask_next(stage_hand& on) {
    part_of(on.of.state.phase).ask(on);
}

bool move_on(stage_hand& on) {
    auto from = on.of.state.phase;
    auto to = phase_after(from);
    if (!to || missing_to_leave(from, on.of)) return false;
    if (!on.act("transition_phase", {{"to", persistence::to_string(*to)}}).done()) return false;
    open(on, stage_of(from));
    ask_next(on);
    return true;
}

void speak(stage_hand& on) {
    if (on.asked().empty()) {
        on.say(on.of.state.phase == coach_phase::introduction ? "hello" : "welcome_back");
        return ask_next(on);
    }
    if (on.of.resting) return hear_on_break(on);
    if (hear_wish(on)) return;
    part_of(on.of.state.phase).hear(on);
}

std::string spoken_category(identity_category which) {
    std::string words(persistence::to_string(which));
    for (auto& c : words)
        if (c == '_') c = ' ';
    return words;
}

std::vector<std::string> names_of_identities(const std::vector<const entry<coach_identity>*>& all) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto* one : all)
        names.push_back(one->value.name);
    return names;
}

} // namespace rejoinder::statemachine::coach
