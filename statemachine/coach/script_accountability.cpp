// The script of the last stage: what the user sets out to do, and how it went. Nothing here blames anybody.

#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/phrases.hpp"
#include "statemachine/coach/script.hpp"
#include "statemachine/coach/script_phases.hpp"
#include "statemachine/letters.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::statemachine::coach {
namespace {

using persistence::action_status;

constexpr std::size_t longest_text = 2000;
constexpr auto owed = "owed"; // of the script: ids of steps that are to be asked about

/// The identity that the next step is asked for: each in its turn.
const entry<coach_identity>* next_identity(const model& of) {
    auto living = of.living();
    return living.empty() ? nullptr : living[of.items.size() % living.size()];
}

void ask_for_step(stage_hand& on, std::string_view key) {
    const auto* identity = next_identity(on.of);
    on.ask_about("plan", key, {{"name", identity ? identity->value.name : "yourself"}},
                 identity ? identity->id : "");
}

std::string in_words(std::chrono::minutes ahead) {
    auto hours = std::chrono::duration_cast<std::chrono::hours>(ahead).count();
    if (hours < 1)
        return "in " + std::to_string(ahead.count()) + (ahead.count() == 1 ? " minute" : " minutes");
    constexpr long hours_of_day = 24;
    if (hours < hours_of_day) return "in " + std::to_string(hours) + (hours == 1 ? " hour" : " hours");
    auto days = hours / hours_of_day;
    return days == 1 ? "tomorrow" : "in " + std::to_string(days) + " days";
}

void ask_how_it_went(stage_hand& on, const entry<action_item>& item) {
    on.ask("follow_up", {{"step", item.value.text}}, item.id);
}

/// Whether it is time to ask about the step: it may have ended, or been moved to another time.
bool is_due(const stage_hand& on, const entry<action_item>* item) {
    return item && item->value.status == action_status::open &&
           !(item->value.due && *item->value.due > on.now());
}

/// A step fell due when another answer was awaited: it is asked about when that has come.
void owe_question(stage_hand& on, std::string_view id) {
    auto& ids = on.of.script[owed];
    if (!ids.is_array()) ids = json::array();
    if (std::ranges::find(ids, json(id)) == ids.end()) ids.push_back(id);
}

/// Asks about the first step that is owed a question and still due. False: none is.
bool ask_owed(stage_hand& on) {
    auto ids = on.of.script.value(owed, json());
    on.of.script.erase(owed);
    while (ids.is_array() && !ids.empty()) {
        auto id = ids.front();
        ids.erase(ids.begin());
        const auto* item = id.is_string() ? on.of.find_item(id.get_ref<const std::string&>()) : nullptr;
        if (!is_due(on, item)) continue;
        if (!ids.empty()) on.of.script[owed] = std::move(ids);
        ask_how_it_went(on, *item);
        return true;
    }
    return false;
}

/// Keeps what was planned; asks on.
void plan(stage_hand& on, const std::string& text, std::optional<std::chrono::minutes> ahead) {
    json parameters = {{"text", text}};
    if (!on.note("for").empty()) parameters["identity"] = on.note("for");
    if (ahead) parameters["due_in_minutes"] = ahead->count();
    auto made = on.act("create_action_item", parameters);
    on.note("pending", "");
    if (!made.done()) {
        on.say("full");
    } else if (ahead) {
        on.say("planned.due", {{"step", text}, {"when", in_words(*ahead)}});
    } else {
        on.say("planned", {{"step", text}});
    }
    if (!ask_owed(on)) on.ask("plan.more");
}

void hear_step(stage_hand& on) {
    auto text = std::string(cut(on.heard, longest_text));
    on.note("for", on.about());
    on.note("pending", text);
    if (auto ahead = time_in(on.heard, on.now())) return plan(on, text, ahead);
    on.ask("when", {{"step", text}});
}

void hear_when(stage_hand& on) {
    auto ahead = time_in(on.heard, on.now());
    auto wanted = wish_of(on.heard);
    bool without = wanted == wish::skip || wanted == wish::next || yes_or_no(on.heard) == answer::no;
    if (!ahead && !without && on.note("asked_when").empty()) {
        on.note("asked_when", "yes");
        return on.ask_about("when", "when.unclear", {}, {});
    }
    on.note("asked_when", "");
    plan(on, on.note("pending"), ahead);
}

bool hear_planning(stage_hand& on) {
    if (on.asked() == "when") {
        hear_when(on);
        return true;
    }
    if (on.asked() != "plan" && on.asked() != "plan.more") return false;
    if (is_end_of_list(on.heard)) return false;
    if (on.asked() == "plan.more" && yes_or_no(on.heard) == answer::yes)
        ask_for_step(on, "plan.next");
    else
        hear_step(on);
    return true;
}

/// The open item whose words occur most in what was said; null when none shares a word.
const entry<action_item>* item_in(const model& of, std::string_view text) {
    constexpr std::size_t short_word = 3;
    auto heard = plain_words(text);
    const entry<action_item>* best = nullptr;
    std::size_t most = 0;
    for (const auto* item : of.open_items()) {
        std::size_t shared = 0;
        std::string word;
        for (char c : plain_words(item->value.text)) {
            if (c != ' ') {
                word += c;
                continue;
            }
            if (word.size() > short_word && heard.find(' ' + word + ' ') != std::string::npos) ++shared;
            word.clear();
        }
        if (shared > most) {
            most = shared;
            best = item;
        }
    }
    return best;
}

void complete(stage_hand& on, const std::string& id, std::string_view outcome) {
    auto* item = on.of.find_item(id);
    auto text = item ? item->value.text : std::string();
    auto made = on.act("complete_action_item", {{"item", id}, {"outcome", outcome}});
    if (!made.done()) return on.say("no_such_step");
    on.say(outcome == "done" ? "step.done" : "step.dropped", {{"step", text}});
}

/// An answer to how it went that says it is done. "Yes, tomorrow" and "I will" speak of what is to come.
bool tells_of_doing(const stage_hand& on) {
    static constexpr auto past = std::to_array<std::string_view>(
        {"i did it", "i did that", "i have done it", "i have done that", "ive done it"});
    static constexpr auto to_come = std::to_array<std::string_view>({"i will", "ill", "i am", "im"});
    auto words = plain_words(on.heard);
    auto said_so = yes_or_no(on.heard);
    if (said_so != answer::no && begins_with_phrase(words, past)) return true;
    return said_so == answer::yes && !time_in(on.heard, on.now()) && !begins_with_phrase(words, to_come);
}

/// "I bought them": the user tells of something done, and not whether it was this step.
bool may_tell_of_doing(const stage_hand& on) {
    static constexpr auto otherwise = std::to_array<std::string_view>(
        {"i am",      "i will",  "i have", "i had",   "i can",    "i cant",    "i could",
         "i couldnt", "i want",  "i need", "i do",    "i dont",   "i did not", "i didnt",
         "i never",   "i might", "i may",  "i would", "i should", "i feel"});
    auto words = plain_words(on.heard);
    return words.starts_with(" i ") && yes_or_no(on.heard) == answer::unclear &&
           !begins_with_phrase(words, otherwise) && !time_in(on.heard, on.now());
}

void hear_follow_up(stage_hand& on) {
    auto id = on.about();
    if (wish_of(on.heard) == wish::drop) {
        complete(on, id, "dropped");
        return ask_next(on);
    }
    if (tells_of_doing(on)) {
        complete(on, id, "done");
        return ask_next(on);
    }
    const auto* item = on.of.find_item(id);
    if (item && may_tell_of_doing(on)) return on.ask("follow_up.unclear", {{"step", item->value.text}}, id);
    on.ask("follow_up.not_yet", {}, id);
}

void hear_not_yet(stage_hand& on) {
    constexpr auto in_two_days = std::chrono::minutes(std::chrono::days(2));
    static constexpr auto going =
        std::to_array<std::string_view>({"let it go", "drop", "let go", "forget it"});
    auto id = on.about();
    auto words = plain_words(on.heard);
    if (has_phrase(words, going) || wish_of(on.heard) == wish::drop) {
        complete(on, id, "dropped");
        return ask_next(on);
    }
    auto ahead = time_in(on.heard, on.now()).value_or(in_two_days);
    if (!on.act("update_action_item", {{"item", id}, {"due_in_minutes", ahead.count()}}).done()) {
        on.say("no_such_step");
        return ask_next(on);
    }
    on.say("step.moved", {{"when", in_words(ahead)}});
    ask_next(on);
}

/// An answer to what was asked about one step, which may be in either phase.
bool hear_about_step(stage_hand& on) {
    if (on.asked() == "follow_up" || on.asked() == "follow_up.unclear")
        hear_follow_up(on);
    else if (on.asked() == "follow_up.not_yet")
        hear_not_yet(on);
    else
        return false;
    return true;
}

/// "I did it" and nothing else: of a single step there is no doubt which is meant.
bool is_done_alone(std::string_view text) {
    static constexpr auto whole = std::to_array<std::string_view>(
        {" done ", " all done ", " i did it ", " did it ", " it is done ", " its done ", " finished "});
    return std::ranges::find(whole, std::string_view(bare(text))) != whole.end();
}

/// "I called her", "done with the letter": the user tells of a step without being asked. What does not name a
/// step is asked about before anything is done; "I have" may go on in any way.
bool hear_report(stage_hand& on) {
    static constexpr auto doing =
        std::to_array<std::string_view>({"done", "did it", "i did", "finished", "completed", "i called",
                                         "i wrote", "i went", "made it", "managed"});
    static constexpr auto perhaps = std::to_array<std::string_view>({"i have", "ive"});
    static constexpr auto failing = std::to_array<std::string_view>(
        {"didnt", "did not", "havent", "have not", "not yet", "couldnt", "not done"});
    auto words = plain_words(on.heard);
    auto open = on.of.open_items();
    const auto* named = item_in(on.of, on.heard);
    const auto* item = !named && open.size() == 1 ? open.front() : named;
    if (has_phrase(words, failing)) {
        if (item)
            on.ask("follow_up.not_yet", {}, item->id);
        else
            on.ask("report.not_yet");
        return true;
    }
    if (named && has_phrase(words, perhaps) && !has_phrase(words, doing)) {
        ask_how_it_went(on, *named);
        return true;
    }
    if (!has_phrase(words, doing)) return false;
    if (!item) {
        on.ask("report.which");
        return true;
    }
    if (!named && !is_done_alone(on.heard)) {
        ask_how_it_went(on, *item);
        return true;
    }
    auto id = item->id;
    complete(on, id, "done");
    ask_accountability(on);
    return true;
}

bool wants_new_step(std::string_view text) {
    static constexpr auto wanting =
        std::to_array<std::string_view>({"new step", "another step", "next step", "new plan", "something new",
                                         "plan something", "one more step", "another one", "new goal"});
    return has_phrase(plain_words(text), wanting);
}

} // namespace

void ask_action_planning(stage_hand& on) {
    if (ask_owed(on)) return;
    if (on.of.items.empty()) return ask_for_step(on, "plan");
    on.ask("plan.more");
}

void hear_action_planning(stage_hand& on) {
    if (hear_planning(on) || hear_about_step(on)) return;
    if (move_on(on)) return;
    on.say("plan.needed");
    ask_for_step(on, "plan.next");
}

void ask_accountability(stage_hand& on) {
    if (ask_owed(on)) return;
    on.ask(on.of.open_items().empty() ? "report.none" : "report");
}

void hear_accountability(stage_hand& on) {
    if (hear_planning(on) || hear_about_step(on)) return;
    if (on.asked() == "plan.more") return ask_accountability(on); // nothing more is planned
    if (on.asked() == "report.none" && is_end_of_list(on.heard)) return on.say("report.rest");
    if (wants_new_step(on.heard) || (on.asked() == "report.none" && yes_or_no(on.heard) == answer::yes))
        return ask_for_step(on, "plan.next");
    if (hear_report(on)) return;
    if (on.asked() == "report.which")
        if (const auto* item = item_in(on.of, on.heard)) {
            auto id = item->id;
            complete(on, id, "done");
            return ask_accountability(on);
        }
    on.say("listening");
    ask_accountability(on);
}

void follow_up(stage_hand& on, std::string_view id) {
    const auto* item = on.of.find_item(id);
    if (!is_due(on, item)) return;
    bool waits = on.asked() == "when" || on.asked().starts_with("follow_up");
    if (waits || on.of.resting || on.of.state.phase < coach_phase::action_planning) {
        owe_question(on, item->id);
        return on.say("follow_up.later", {{"step", item->value.text}});
    }
    on.say("follow_up.hello");
    ask_how_it_went(on, *item);
}

} // namespace rejoinder::statemachine::coach
