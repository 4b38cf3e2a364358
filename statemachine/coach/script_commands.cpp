// The script of what may be said at any time: help, back, a break, and orders that name identities and notes.

#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/script_lines.hpp"
#include "statemachine/coach/script_phases.hpp"
#include "statemachine/spoken.hpp"

#include <charconv>

namespace rejoinder::statemachine::coach {
namespace {

/// Whether what was asked last collects things until the user has enough of that.
bool asks_for_a_list(const stage_hand& on) {
    auto topic = on.asked();
    return topic.starts_with("who_you_") || topic.starts_with("missing") || topic == "plan.more";
}

void go_back(stage_hand& on) {
    auto before = phase_before(on.of.state.phase);
    if (!before) {
        on.say("back.nowhere");
        return on.ask_again();
    }
    auto moved = on.act("transition_phase", {{"to", persistence::to_string(*before)}, {"asked_for", true}});
    if (!moved.done()) {
        on.say("back.not_now");
        return on.ask_again();
    }
    on.say("back", {{"phase", std::string(persistence::to_string(*before))}});
    on.ask("revisit");
}

/// Behind "back": who has changed what was to be changed says next.
bool hear_revisit(stage_hand& on) {
    if (on.asked() != "revisit") return false;
    auto wanted = wish_of(on.heard);
    if (wanted == wish::next || wanted == wish::skip || is_end_of_list(on.heard)) {
        on.say("revisit.on");
        ask_next(on);
        if (on.question().empty()) move_on(on);
        return true;
    }
    on.say("revisit.unclear");
    on.ask_again();
    return true;
}

void rest(stage_hand& on) {
    auto begun = on.act("start_break");
    if (begun.done()) return on.say("rest");
    on.say(begun.data.value("code", "") == "within_a_stage" ? "rest.later" : "rest.not_now");
    on.ask_again();
}

/// As a part of a sentence that ends by itself.
std::string_view without_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" .!") + 1);
}

std::string facts_in_words(const model& of) {
    std::string text;
    for (auto question : questions()) {
        auto fact = of.facts.find(std::string(question));
        if (fact == of.facts.end()) continue;
        auto label = lines_of("fact." + std::string(question));
        text += (text.empty() ? "" : " ") + std::string(label.empty() ? question : label.front()) + ": " +
                std::string(without_end(fact->second)) + ".";
    }
    if (!of.state.who_you_are.empty()) text += " You are: " + enumerate(of.state.who_you_are) + ".";
    if (!of.state.who_you_want_to_be.empty())
        text += " You want to be: " + enumerate(of.state.who_you_want_to_be) + ".";
    return text;
}

std::string plan_in_words(const model& of) {
    std::vector<std::string> steps;
    for (const auto* item : of.open_items())
        steps.push_back(item->value.text);
    return enumerate(steps);
}

std::string notes_in_words(const model& of) {
    std::string text;
    for (std::size_t i = 0; i < of.notes.size(); ++i)
        text += (i == 0 ? "" : " ") + std::to_string(i + 1) + ": " + of.notes[i].value.note + ".";
    return text;
}

/// Tells something that is known, or that nothing is.
void tell(stage_hand& on, const std::string& key, std::string text) {
    if (text.empty())
        on.say(key + ".none");
    else
        on.say(key, {{"text", std::move(text)}});
    on.ask_again();
}

void tell_progress(stage_hand& on) {
    auto at = progress(on.of);
    on.say("progress", {{"step", std::to_string(at["step"].get<int>())},
                        {"steps", std::to_string(at["steps"].get<int>())},
                        {"percent", std::to_string(at["percent"].get<int>())}});
    on.ask_again();
}

/// The id of the note that the user calls by its place in the list.
std::string note_id(const model& of, const std::string& number) {
    std::size_t place = 0;
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), place);
    bool is_place = error == std::errc() && end == number.data() + number.size() && place > 0;
    return is_place && place <= of.notes.size() ? of.notes[place - 1].id : std::string("?");
}

struct wanted_action {
    std::string_view name;
    json parameters;
    std::string_view line; ///< what is said when it is done
};

std::optional<wanted_action> action_for(const stage_hand& on, const order& wanted) {
    bool known = on.of.find_identity(wanted.first) != nullptr;
    switch (wanted.what) {
    case order::kind::remember:
        return wanted_action{"add_user_note", {{"note", wanted.first}}, "note.kept"};
    case order::kind::change_note:
        return wanted_action{"update_user_note",
                             {{"id", note_id(on.of, wanted.first)}, {"note", wanted.second}},
                             "note.changed"};
    case order::kind::delete_note:
        return wanted_action{"delete_user_note", {{"id", note_id(on.of, wanted.first)}}, "note.deleted"};
    case order::kind::rename:
        if (!known) return std::nullopt;
        return wanted_action{
            "rename_identity", {{"identity", wanted.first}, {"name", wanted.second}}, "renamed"};
    case order::kind::combine:
        if (!known) return std::nullopt;
        return wanted_action{
            "combine_identities", {{"keep", wanted.first}, {"merge", wanted.second}}, "combined"};
    case order::kind::nest:
        if (!known) return std::nullopt;
        return wanted_action{
            "nest_identity", {{"identity", wanted.first}, {"parent", wanted.second}}, "nested"};
    case order::kind::note_on:
        if (!known) return std::nullopt;
        return wanted_action{
            "add_identity_note", {{"identity", wanted.first}, {"note", wanted.second}}, "note.kept"};
    case order::kind::drop:
        if (!known) return std::nullopt;
        return wanted_action{"archive_identity", {{"identity", wanted.first}}, "let_go"};
    case order::kind::add:
        if (on.asked() != "revisit" && on.of.state.phase != coach_phase::brainstorming_review)
            return std::nullopt;
        return wanted_action{"create_identity",
                             {{"category", persistence::to_string(on.of.state.focus.value_or(
                                               identity_category::passions_and_talents))},
                              {"name", wanted.first}},
                             "added"};
    }
    return std::nullopt;
}

bool hear_order(stage_hand& on) {
    auto wanted = order_in(on.heard);
    if (!wanted) return false;
    auto action = action_for(on, *wanted);
    if (!action) return false;
    auto made = on.act(action->name, std::move(action->parameters));
    if (made.done()) {
        on.say(action->line, {{"first", wanted->first}, {"second", wanted->second}});
    } else {
        say_refusal(on, made);
    }
    if (on.of.state.phase == coach_phase::brainstorming_review && on.asked() != "revisit")
        on.ask("overlaps.more");
    else if (const auto* one = on.of.find_identity(on.about());
             one && one->value.state == identity_state::archived)
        ask_next(on);
    else
        on.ask_again();
    return true;
}

} // namespace

void help(stage_hand& on) {
    auto topic = "help." + std::string(on.asked());
    auto phase = "help." + std::string(persistence::to_string(on.of.state.phase));
    on.say(!lines_of(topic).empty() ? topic : !lines_of(phase).empty() ? phase : "help");
    on.ask_again();
}

void say_refusal(stage_hand& on, const action_result& refused) {
    auto key = "refused." + refused.data.value("code", std::string());
    on.say(!lines_of(key).empty() ? std::string_view(key) : "refused");
}

bool carries_out(stage_hand& on, std::string_view action, json parameters) {
    auto made = on.act(action, std::move(parameters));
    if (made.done()) return true;
    say_refusal(on, made);
    on.ask_again();
    return false;
}

bool hear_wish(stage_hand& on) {
    auto wanted = wish_of(on.heard);
    switch (wanted) {
    case wish::help:
        help(on);
        return true;
    case wish::back:
        go_back(on);
        return true;
    case wish::rest:
        rest(on);
        return true;
    case wish::enough:
        if (asks_for_a_list(on)) break;
        [[fallthrough]];
    case wish::stop:
        on.say("goodbye");
        return true;
    case wish::greeting:
        on.say("welcome_back");
        on.ask_again();
        return true;
    case wish::repeat:
        on.ask_again();
        return true;
    case wish::progress:
        tell_progress(on);
        return true;
    case wish::summary:
        tell(on, "summary_of", facts_in_words(on.of));
        return true;
    case wish::identities:
        tell(on, "identities", enumerate(names_of_identities(on.of.living())));
        return true;
    case wish::plan:
        tell(on, "plan_of", plan_in_words(on.of));
        return true;
    case wish::notes:
        tell(on, "notes", notes_in_words(on.of));
        return true;
    case wish::none:
    case wish::skip:
    case wish::decline_all:
    case wish::next:
    case wish::drop:
        break;
    }
    if (wanted == wish::none && hear_order(on)) return true;
    return hear_revisit(on);
}

} // namespace rejoinder::statemachine::coach
