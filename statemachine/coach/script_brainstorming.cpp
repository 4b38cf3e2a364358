// The script of the third stage: identities in nine categories, and what overlaps among them.

#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/phrases.hpp"
#include "statemachine/coach/script_phases.hpp"
#include "statemachine/letters.hpp"
#include "statemachine/spoken.hpp"

#include <array>
#include <optional>

namespace rejoinder::statemachine::coach {
namespace {

/// The first category that still needs something.
std::optional<identity_category> open_category(const model& of) {
    auto why = missing_to_leave(coach_phase::identity_brainstorming, of);
    if (!why || !why->what.is_array() || why->what.empty()) return std::nullopt;
    return persistence::choice_of<identity_category>(why->what.front().get_ref<const std::string&>());
}

std::string overview(const model& of) {
    std::string text;
    for (std::size_t i = 0; i < persistence::names_of(identity_category{}).size(); ++i) {
        auto category = static_cast<identity_category>(i);
        auto names = names_of_identities(of.living(category));
        if (names.empty()) continue;
        text +=
            (text.empty() ? "" : " ") + capitalise(spoken_category(category)) + ": " + enumerate(names) + ".";
    }
    return text;
}

/// "I'm single" is an answer to one of the questions, and nobody's name.
bool declines(std::string_view text, identity_category category) {
    static constexpr auto alone = std::to_array<std::string_view>({"im single", "i am single"});
    if (says_what_one_is_not(text)) return true;
    return category == identity_category::romantic_relation && begins_with_phrase(plain_words(text), alone);
}

/// "It's good", "fine as it is", "keep them all": nothing overlaps.
bool is_content(std::string_view text) {
    static constexpr auto content = std::to_array<std::string_view>(
        {"good", "fine", "keep", "as it is", "as they are", "perfect", "all different", "stay"});
    static constexpr auto doubts = std::to_array<std::string_view>({"but", "except", "not"});
    constexpr std::ptrdiff_t short_answer = 8;
    auto words = plain_words(text);
    return count_words(words) <= short_answer && has_phrase(words, content) && !has_phrase(words, doubts) &&
           !asks_back(text);
}

} // namespace

bool says_what_one_is_not(std::string_view text) {
    static constexpr auto being_none = std::to_array<std::string_view>({"im not", "i am not"});
    static constexpr auto unsure = std::to_array<std::string_view>({"sure", "certain", "only", "just"});
    constexpr std::ptrdiff_t short_answer = 6;
    auto words = plain_words(text);
    return count_words(words) <= short_answer && begins_with_phrase(words, being_none) &&
           !has_phrase(words, unsure);
}

bool propose(stage_hand& on, const std::vector<std::string>& names, identity_category category) {
    std::vector<std::string> made;
    std::vector<std::string> known;
    for (const auto& name : names) {
        auto result = on.act("create_identity",
                             {{"category", persistence::to_string(category)}, {"name", capitalise(name)}});
        if (result.done())
            made.push_back(capitalise(name));
        else if (result.data.value("code", "") == "name_taken")
            known.push_back(capitalise(name));
        else
            on.say("full");
    }
    if (!made.empty()) on.say("noted", {{"names", enumerate(made)}});
    if (!known.empty()) on.say("known_already", {{"names", enumerate(known)}});
    return !made.empty();
}

void ask_identity_brainstorming(stage_hand& on) {
    auto category = open_category(on.of);
    if (!category) {
        move_on(on);
        return;
    }
    auto name = std::string(persistence::to_string(*category));
    if (on.of.state.focus != category) on.act("select_focus", {{"category", name}});
    auto there = on.of.living(*category).size();
    on.ask_about("category", there == 0 ? "category." + name : "category.one_more", {}, name);
}

void hear_identity_brainstorming(stage_hand& on) {
    auto category = persistence::choice_of<identity_category>(on.about());
    if (!category) return ask_identity_brainstorming(on);
    if (asks_back(on.heard)) return help(on);
    if (is_end_of_list(on.heard) || declines(on.heard, *category)) {
        auto skipped = on.act("skip_category", {{"category", on.about()}});
        on.say(skipped.done() ? "category.skipped" : "category.needed");
        return ask_identity_brainstorming(on);
    }
    auto names = list_in(on.heard);
    if (names.empty()) {
        on.say("category.unclear");
        return on.ask_again();
    }
    if (!propose(on, names, *category)) {
        bool needed = category == identity_category::passions_and_talents;
        on.say(needed ? "category.another_needed" : "category.another");
    }
    ask_identity_brainstorming(on);
}

void ask_brainstorming_review(stage_hand& on) {
    if (move_on(on)) return;
    on.say_text(overview(on.of));
    on.ask("overlaps");
}

void hear_brainstorming_review(stage_hand& on) {
    auto said_so = yes_or_no(on.heard);
    if (is_end_of_list(on.heard) || is_content(on.heard)) {
        on.act("note_statement", {{"statement", said::overlaps_handled}});
        on.say("overlaps.done");
        move_on(on);
        return;
    }
    if (said_so == answer::yes) return on.ask("overlaps.which");
    on.ask("overlaps.unclear");
}

} // namespace rejoinder::statemachine::coach
