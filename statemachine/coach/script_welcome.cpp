// The script of the first two stages: consent, five questions, two lists.

#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/phrases.hpp"
#include "statemachine/coach/script_phases.hpp"
#include "statemachine/letters.hpp"
#include "statemachine/spoken.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::statemachine::coach {
namespace {

void hear_consent(stage_hand& on) {
    switch (yes_or_no(on.heard)) {
    case answer::yes:
        on.act("note_statement", {{"statement", said::consented}});
        on.say("consent.thanks");
        return ask_introduction(on);
    case answer::no:
        return on.ask_about("consent", "consent.refused", {}, {});
    case answer::unclear:
        return on.ask_about("consent", "consent.unclear", {}, {});
    }
}

/// "Skip" and "nobody" are no names; "No, call me Ada" gives one all the same.
bool refuses_name(std::string_view text) {
    static constexpr auto giving =
        std::to_array<std::string_view>({"call me", "my name is", "my names", "i am called", "im called"});
    auto wanted = wish_of(text);
    if (wanted == wish::skip || wanted == wish::next || wanted == wish::decline_all) return true;
    if (is_plain_no(text)) return true;
    return yes_or_no(text) == answer::no && !has_phrase(plain_words(text), giving);
}

void hear_name(stage_hand& on) {
    auto refuses = refuses_name(on.heard);
    auto name = refuses ? std::nullopt : name_in(on.heard);
    if (name && on.act("save_fact", {{"key", "name"}, {"value", *name}}).done()) {
        on.say("name.thanks", {{"name", *name}});
    } else if (name || refuses || on.note("name_asked") == "twice") {
        on.note("nameless", "yes");
        on.say("name.none");
    } else {
        on.note("name_asked", "twice");
        return on.ask_about("name", "name.unclear", {}, {});
    }
    ask_introduction(on);
}

void hear_ready(stage_hand& on) {
    if (wish_of(on.heard) == wish::next || yes_or_no(on.heard) == answer::yes) {
        on.act("note_statement", {{"statement", said::ready}});
        return ask_introduction(on);
    }
    auto key = yes_or_no(on.heard) == answer::no ? "ready.later" : "ready.unclear";
    on.ask_about("ready", key, {}, {});
}

/// A short answer comes back in the coach's own words, so that the user knows it was heard.
void acknowledge(stage_hand& on, std::string_view answer) {
    constexpr std::size_t short_answer = 48;
    if (answer.size() <= short_answer)
        on.say("answer.short", {{"answer", std::string(answer)}});
    else
        on.say("answer.long");
}

std::string_view next_question(const model& of) {
    for (auto question : questions())
        if (std::ranges::find(of.state.asked_questions, question) == of.state.asked_questions.end())
            return question;
    return {};
}

/// One of the two lists while it grows.
struct growing {
    const char* action;
    std::vector<std::string> coach_state::* list;
    std::string_view done;
    std::string topic;
};

growing list_that_grows(const model& of) {
    if (!of.has_said(said::who_you_are_done))
        return {"update_who_you_are", &coach_state::who_you_are, said::who_you_are_done, "who_you_are"};
    return {"update_who_you_want_to_be", &coach_state::who_you_want_to_be, said::who_you_want_to_be_done,
            "who_you_want_to_be"};
}

} // namespace

void ask_introduction(stage_hand& on) {
    if (!on.of.has_said(said::consented)) return on.ask("consent");
    if (!on.of.facts.contains("name") && on.note("nameless").empty()) return on.ask("name");
    if (!on.of.has_said(said::ready)) return on.ask("ready");
    move_on(on);
}

void hear_introduction(stage_hand& on) {
    if (on.asked() == "consent") return hear_consent(on);
    if (on.asked() == "name") return hear_name(on);
    if (on.asked() == "ready") return hear_ready(on);
    ask_introduction(on);
}

void ask_get_to_know_you(stage_hand& on) {
    auto question = next_question(on.of);
    if (question.empty() || on.of.has_said(said::questions_declined)) {
        move_on(on);
        return;
    }
    on.act("mark_question", {{"question", question}});
    on.ask_about("question", "ask." + std::string(question), {}, std::string(question));
}

void hear_get_to_know_you(stage_hand& on) {
    auto question = on.about();
    auto wanted = wish_of(on.heard);
    if (wanted == wish::decline_all) {
        on.act("note_statement", {{"statement", said::questions_declined}});
        on.say("questions.declined");
    } else if (wanted == wish::skip || wanted == wish::next || is_plain_no(on.heard)) {
        on.say("question.skipped");
    } else if (on.asked() == "question" && !question.empty()) {
        if (!carries_out(on, "save_fact", {{"key", question}, {"value", cut(on.heard, 2000)}})) return;
        acknowledge(on, on.heard);
    }
    ask_get_to_know_you(on);
}

void ask_identity_warm_up(stage_hand& on) {
    if (on.of.has_said(said::who_you_are_done) && on.of.has_said(said::who_you_want_to_be_done)) {
        move_on(on);
        return;
    }
    on.ask(list_that_grows(on.of).topic);
}

void hear_identity_warm_up(stage_hand& on) {
    if (asks_back(on.heard)) return help(on);
    auto growing = list_that_grows(on.of);
    auto list = on.of.state.*growing.list;
    auto items = list_in(on.heard);
    bool ends = items.empty();
    if (ends && list.empty() && on.asked() != growing.topic + ".nudge")
        return on.ask(growing.topic + ".nudge");
    if (ends) {
        on.act("note_statement", {{"statement", growing.done}});
        on.say("list.done", {{"count", std::to_string(list.size())}});
        return ask_identity_warm_up(on);
    }
    for (auto& item : items)
        list.push_back(std::move(item));
    auto made = on.act(growing.action, {{"items", list}});
    if (!made.done()) {
        on.say("full");
        return on.ask_again();
    }
    on.ask(growing.topic + ".more", {{"items", enumerate(list_in(on.heard))}});
}

} // namespace rejoinder::statemachine::coach
