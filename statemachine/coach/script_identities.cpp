// The script of the stages in which identities rise one by one: refinement, commitment, I am, visualization.

#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/phrases.hpp"
#include "statemachine/coach/script_phases.hpp"
#include "statemachine/letters.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::statemachine::coach {
namespace {

constexpr std::size_t longest_text = 2000;

void let_go(stage_hand& on, const std::string& id) {
    if (!carries_out(on, "archive_identity", {{"identity", id}})) return;
    on.say("let_go");
    ask_next(on);
}

/// Whether somebody has been let go, or there is nobody to be talked about.
bool hear_about_nobody(stage_hand& on) {
    const auto* one = on.of.find_identity(on.about());
    if (!one || one->value.state == identity_state::archived) {
        ask_next(on);
        return true;
    }
    if (wish_of(on.heard) != wish::drop) return false;
    let_go(on, one->id);
    return true;
}

/// "Skip", "next" and a plain no: there is nothing to write down.
bool is_wordless(std::string_view text) {
    auto wanted = wish_of(text);
    return wanted == wish::skip || wanted == wish::next || is_plain_no(text);
}

/// The phase that raises identities of a state. Another session may have brought in one that is behind.
coach_phase phase_for(identity_state state) {
    if (state < identity_state::refinement_complete) return coach_phase::anything_missing;
    if (state == identity_state::refinement_complete) return coach_phase::identity_commitment;
    if (state == identity_state::commitment_complete) return coach_phase::i_am_statement;
    return coach_phase::identity_visualization;
}

/// Asks about the first identity below what the phase works for: those first that have come as far as the
/// phase begins with, as it can't raise others. False when there is none.
bool ask_about_next(stage_hand& on, std::string_view topic) {
    auto milestone = milestone_of(on.of.state.phase);
    if (!milestone) return false;
    auto open = below(*milestone, on.of);
    if (open.empty()) return false;
    auto ripe = std::ranges::find_if(
        open, [&](const auto* one) { return phase_for(one->value.state) >= on.of.state.phase; });
    const auto* chosen = ripe == open.end() ? open.front() : *ripe;
    auto id = chosen->id;
    auto name = chosen->value.name;
    if (on.of.state.current_identity != id) on.act("set_current_identity", {{"identity", id}});
    if (ripe == open.end()) {
        on.ask_about("back_to_brainstorming", "newcomer", {{"name", name}}, id);
        return true;
    }
    on.ask_about(topic, std::string(topic), {{"name", name}, {"left", std::to_string(open.size())}}, id);
    return true;
}

/// What an identity is named in a sentence.
std::string name_of(const model& of, std::string_view id) {
    const auto* one = of.find_identity(id);
    return one ? one->value.name : std::string();
}

/// Behind the question whether to go back, for somebody new or for one who has not come so far.
bool hear_going_back(stage_hand& on) {
    if (on.asked() != "back_to_brainstorming") return false;
    const auto* one = on.of.find_identity(on.about());
    if (one && hear_about_nobody(on)) return true;
    if (yes_or_no(on.heard) != answer::yes && wish_of(on.heard) != wish::next) {
        on.ask_again();
        return true;
    }
    auto to = phase_for(one ? one->value.state : identity_state::proposed);
    if (to >= on.of.state.phase) {
        ask_next(on); // another session has taken it further meanwhile
        return true;
    }
    if (carries_out(on, "transition_phase", {{"to", persistence::to_string(to)}, {"asked_for", true}}))
        ask_next(on);
    return true;
}

void refine(stage_hand& on) {
    auto id = on.about();
    const auto* one = on.of.find_identity(id);
    bool proposed = one && one->value.state == identity_state::proposed;
    if (proposed) on.act("accept_identity", {{"identity", id}});
    json parameters = {{"identity", id}};
    bool wordless = is_wordless(on.heard);
    if (!wordless) parameters["description"] = cut(on.heard, longest_text);
    if (!carries_out(on, "complete_refinement", std::move(parameters))) return;
    on.say(wordless ? "refined.wordless" : "refined", {{"name", name_of(on.of, id)}});
    ask_next(on);
}

void ask_for_somebody(stage_hand& on) {
    on.ask("nobody_left");
}

void hear_new_identities(stage_hand& on) {
    if (asks_back(on.heard)) return help(on);
    auto names = list_in(on.heard);
    if (!names.empty())
        propose(on, names, on.of.state.focus.value_or(identity_category::passions_and_talents));
    ask_next(on);
}

void tell_statements(stage_hand& on) {
    std::string text;
    for (const auto* one : on.of.living())
        text += (text.empty() ? "" : " ") + one->value.i_am_statement;
    on.say("statements", {{"statements", text}});
}

void hear_summary(stage_hand& on) {
    if (yes_or_no(on.heard) == answer::yes || wish_of(on.heard) == wish::next) {
        on.act("note_statement", {{"statement", said::summary_acknowledged}});
        on.say("summary.thanks");
        move_on(on);
        return;
    }
    on.ask("summary_which");
}

/// The identity whose name occurs in what was said; null: none.
const entry<coach_identity>* named_in(const model& of, std::string_view text) {
    auto words = plain_words(text);
    for (const auto* one : of.living())
        if (words.find(plain_words(one->value.name)) != std::string::npos) return one;
    return nullptr;
}

void hear_summary_which(stage_hand& on) {
    const auto* one = named_in(on.of, on.heard);
    if (!one) {
        if (is_end_of_list(on.heard)) return on.ask("summary");
        on.say("summary.unknown");
        return on.ask_again();
    }
    on.ask("i_am_again", {{"name", one->value.name}}, one->id);
}

} // namespace

void ask_identity_refinement(stage_hand& on) {
    if (ask_about_next(on, "refine") || move_on(on)) return;
    ask_for_somebody(on);
}

void hear_identity_refinement(stage_hand& on) {
    if (on.asked() == "nobody_left") return hear_new_identities(on);
    if (hear_about_nobody(on)) return;
    refine(on);
}

void ask_anything_missing(stage_hand& on) {
    if (ask_about_next(on, "refine")) return;
    if (on.of.living().empty()) return ask_for_somebody(on);
    if (move_on(on)) return;
    on.ask(on.note("asked_missing").empty() ? "missing" : "missing.more");
    on.note("asked_missing", "yes");
}

void hear_anything_missing(stage_hand& on) {
    if (on.asked() == "refine") return hear_identity_refinement(on);
    if (on.asked() == "nobody_left") return hear_new_identities(on);
    if (asks_back(on.heard)) return help(on);
    if (is_end_of_list(on.heard) || says_what_one_is_not(on.heard)) {
        on.act("note_statement", {{"statement", said::nothing_missing}});
        on.say("missing.none");
        return ask_next(on);
    }
    if (yes_or_no(on.heard) == answer::yes && list_in(on.heard).empty()) return on.ask("missing.which");
    hear_new_identities(on);
}

void ask_identity_commitment(stage_hand& on) {
    if (ask_about_next(on, "commit") || move_on(on)) return;
    on.say("nobody_committed");
    on.ask("back_to_brainstorming");
}

void hear_identity_commitment(stage_hand& on) {
    static constexpr auto keeping = std::to_array<std::string_view>({"keep", "stay"});
    if (hear_going_back(on) || hear_about_nobody(on)) return;
    auto id = on.about();
    auto name = name_of(on.of, id);
    auto said_so = yes_or_no(on.heard);
    if (on.asked() == "commit.no") {
        if (said_so == answer::yes && !has_phrase(plain_words(on.heard), keeping)) return let_go(on, id);
        return on.ask_about("commit", "commit.again", {{"name", name}}, id);
    }
    if (said_so == answer::no || is_wordless(on.heard)) return on.ask("commit.no", {{"name", name}}, id);
    if (said_so == answer::unclear) {
        if (!carries_out(on, "add_identity_note", {{"identity", id}, {"note", cut(on.heard, longest_text)}}))
            return;
        return on.ask_about("commit", "commit.unclear", {{"name", name}}, id);
    }
    if (!carries_out(on, "complete_commitment", {{"identity", id}})) return;
    on.say("committed", {{"name", name}});
    ask_next(on);
}

void ask_i_am_statement(stage_hand& on) {
    if (ask_about_next(on, "i_am")) return;
    if (on.of.living().empty()) return ask_identity_commitment(on);
    if (move_on(on)) return;
    tell_statements(on);
    on.ask("summary");
}

void hear_i_am_statement(stage_hand& on) {
    if (on.asked() == "summary") return hear_summary(on);
    if (on.asked() == "summary_which") return hear_summary_which(on);
    if (hear_going_back(on) || hear_about_nobody(on)) return;
    auto id = on.about();
    auto statement = i_am(is_wordless(on.heard) ? name_of(on.of, id) : cut(on.heard, longest_text - 16));
    auto action = on.asked() == "i_am_again" ? "update_identity" : "complete_i_am";
    if (!carries_out(on, action, {{"identity", id}, {"i_am_statement", statement}})) return;
    on.say("i_am.heard", {{"statement", statement}});
    ask_next(on);
}

void ask_identity_visualization(stage_hand& on) {
    if (ask_about_next(on, "visualize") || move_on(on)) return;
    on.say("nobody_committed");
    on.ask("back_to_brainstorming");
}

void hear_identity_visualization(stage_hand& on) {
    if (hear_going_back(on) || hear_about_nobody(on)) return;
    auto id = on.about();
    bool wordless = is_wordless(on.heard);
    auto seen = wordless ? std::string("Not in words yet.") : std::string(cut(on.heard, longest_text));
    if (!carries_out(on, "complete_visualization", {{"identity", id}, {"visualization", seen}})) return;
    on.say(wordless ? "visualized.wordless" : "visualized", {{"name", name_of(on.of, id)}});
    ask_next(on);
}

} // namespace rejoinder::statemachine::coach
