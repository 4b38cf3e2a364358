#include "statemachine/coach/functions.hpp"

#include "statemachine/coach/changes.hpp"
#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/question.hpp"
#include "statemachine/coach/script.hpp"
#include "statemachine/coach/script_lines.hpp"
#include "statemachine/coach/sitting.hpp"
#include "statemachine/coach/window.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

constexpr std::string_view resting = "break";
constexpr std::size_t most_refused = 5;            // of an answer, that the next question tells of
constexpr std::string_view every_phase = "always"; // of prompts: what stands before each of them
const std::string question_place = "/question";

/// Every action reads what other sessions of the user have stored.
void read_shared(parameters& params) {
    params.reads({reference::root::session, shared_path});
}

std::optional<coach_phase> phase_in(parameters& params, std::string_view also = {}) {
    auto name = params.required_name("phase");
    auto phase = persistence::choice_of<coach_phase>(name);
    if (!phase && name != also && params.has("phase"))
        params.reject("phase", "there is no phase '" + name + "'");
    return phase;
}

/// Looks only where it must: a machine tries one of these for each phase in every step.
guard_function at(parameters& params) {
    return [phase = phase_in(params, resting)](const execution& in) {
        bool rests = !in.read({reference::root::context, "/coach/break"}).is_null();
        if (!phase || rests) return !phase && rests;
        const auto& stands = in.read({reference::root::context, "/coach/state/phase"});
        return stands.is_string() ? stands == persistence::to_string(*phase) : *phase == coach_phase{};
    };
}

guard_function may(parameters& params) {
    return [phase = phase_in(params)](const execution& in) {
        auto model = model_in(in);
        return phase && !model.resting && phase_after(model.state.phase) == phase &&
               !missing_to_leave(model.state.phase, model);
    };
}

action_function speak_action(parameters& params) {
    read_shared(params);
    return [](execution& in) {
        sitting now(in);
        auto heard = now.heard();
        hear(now.model(), heard);
        auto hand = now.hand(heard);
        speak(hand);
        now.show(hand);
        now.finish();
    };
}

action_function follow_up_action(parameters& params) {
    read_shared(params);
    return [](execution& in) {
        const auto& item = in.read({reference::root::event, "/item"});
        if (!item.is_string()) return;
        auto id = item.get<std::string>();
        sitting now(in);
        auto hand = now.hand({});
        follow_up(hand, id);
        now.show(hand);
        now.finish();
    };
}

/// One action, or an array of them, each answered whatever becomes of the others.
void carry_out(sitting& now, const json& actions) {
    constexpr std::size_t most_actions = 20;
    auto list = actions.is_array() ? actions : json::array({actions});
    if (list.size() > most_actions) list.erase(list.begin() + most_actions, list.end());
    for (const auto& one : list)
        now.note(apply(now.model(), one, now.around()));
}

action_function act(parameters& params) {
    read_shared(params);
    return [actions = params.required_value("actions")](execution& in) {
        auto wanted = actions.evaluate(in);
        sitting now(in);
        carry_out(now, wanted);
        now.finish();
    };
}

/// What a prompt may read below /context/coach is what the model has; anything else would stay empty without
/// a word.
std::string objection_to_read(const reference& where) {
    static constexpr std::string_view root = "/coach/";
    if (where.from != reference::root::context) return {};
    if (!where.below.starts_with(root)) return "a prompt reads of the context only what is below coach";
    auto member = where.below.substr(root.size());
    member = member.substr(0, member.find('/'));
    if (std::ranges::find(model_members(), member) != model_members().end()) return {};
    return "the coach knows no '" + member + "'";
}

action_function consult(parameters& params) {
    read_shared(params);
    auto given = params.required_templates("prompts", objection_to_read);
    auto prompts = std::make_shared<std::map<std::string, text_template, std::less<>>>();
    for (auto& [phase, text] : given) {
        if (phase != every_phase && !persistence::choice_of<coach_phase>(phase))
            params.reject("prompts", "there is no phase '" + phase + "'");
        prompts->emplace(phase, std::move(text));
    }
    for (auto phase : persistence::names_of(coach_phase{}))
        if (params.has("prompts") && !prompts->contains(phase))
            params.reject("prompts", "the phase '" + std::string(phase) + "' has no prompt");
    return [prompts](execution& in) {
        sitting now(in);
        auto heard = now.heard();
        std::string prompt;
        for (auto name : {every_phase, persistence::to_string(now.model().state.phase)})
            if (auto found = prompts->find(name); found != prompts->end()) prompt += found->second.render(in);
        auto question = make_question(now.model(), prompt, heard);
        now.finish();
        in.write(question_place, std::move(question));
    };
}

/// What the user said when the question was put: the turn's text is gone by the time of the answer.
std::string asked_text(const execution& in) {
    const auto& said = in.read({reference::root::context, question_place + "/say"});
    return said.is_string() ? said.get<std::string>() : std::string();
}

/// What the script asked last has its answer: from somebody else, who asks on in other words.
void close_question_of_script(model& of) {
    for (const auto* part : {"asked", "about", "question"})
        of.script.erase(part);
}

void excuse_oneself(execution& in) {
    auto lines = lines_of("excuse");
    in.show("say", {{"text", lines[in.draw(lines.size())]}});
}

action_function answer_action(parameters& params) {
    read_shared(params);
    return [](execution& in) {
        auto answer = read_answer(in.read({reference::root::event, "/output"}));
        auto heard = asked_text(in);
        in.erase(question_place);
        if (!answer) return excuse_oneself(in);
        sitting now(in);
        auto& model = now.model();
        hear(model, heard);
        close_question_of_script(model);
        if (!answer->summary.empty()) consolidate(model, answer->summary);
        model.refused = json::array();
        for (const auto& one : answer->actions) {
            auto result = apply(model, one, now.around());
            if (!result.done() && model.refused.size() < most_refused)
                model.refused.push_back(to_json(result));
            now.note(std::move(result));
        }
        now.say(answer->message);
        now.finish();
    };
}

action_function excuse(parameters&) {
    return [](execution& in) {
        in.erase(question_place);
        excuse_oneself(in);
    };
}

} // namespace

std::span<const guard_kind> guard_kinds() {
    static constexpr std::array<guard_kind, 2> kinds{{{"coach.at", at}, {"coach.may", may}}};
    return kinds;
}

std::span<const statemachine::action_kind> action_kinds_of_documents() {
    static constexpr std::array<statemachine::action_kind, 6> kinds{
        {{"coach.speak", speak_action, touches::context},
         {"coach.act", act, touches::context},
         {"coach.follow_up", follow_up_action, touches::context},
         {"coach.consult", consult, touches::context},
         {"coach.answer", answer_action, touches::context},
         {"coach.excuse", excuse, touches::context}}};
    return kinds;
}

} // namespace rejoinder::statemachine::coach
