#include "websocket/robot/replies.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rejoinder::websocket::robot {
namespace {

/// Rules under which the robot waits for a yes or a no and for nothing else.
constexpr std::array<std::string_view, 5> yes_no_rules{"shared/yes_no", "clock/alarm_timer_change",
                                                       "clock/alarm_timer_okay", "create/is_it_a_keeper",
                                                       "circuit-saver/play_again"};

/// A SKILL_ACTION that says nothing still has to take a moment.
constexpr std::string_view silence = "<speak><break time='1ms'/></speak>";

std::string member_or(const json& data, std::string_view name, std::string_view otherwise) {
    auto found = data.find(name);
    return found != data.end() && found->is_string() ? found->get<std::string>() : std::string(otherwise);
}

/// The parts of a reply that several of its frames repeat.
struct reply {
    explicit reply(const answered_turn& turn)
        : what(turn.what),
          at(turn.at),
          intent(what.kind == input_kind::intent ? what.intent : turn.understood),
          rules(reply_rules(what.rules)) {}

    /// A robot that understood a touch itself is told its intent as if it had been heard.
    json asr() const {
        auto text = what.kind == input_kind::intent ? intent : what.text;
        return {{"text", std::move(text)}, {"confidence", what.kind == input_kind::silence ? 0 : 1}};
    }

    json nlu() const {
        auto entities = what.kind == input_kind::intent ? what.entities : json::object();
        return {{"intent", intent}, {"confidence", 1}, {"rules", rules}, {"entities", std::move(entities)}};
    }

    void add(milliseconds delay, std::string_view type, json data) {
        json message{{"type", type}, {"ts", to_unix(at)}, {"data", std::move(data)}};
        message["msgID"] = what.identity + "-" + std::to_string(frames.size() + 1);
        if (!what.transaction.empty()) message["transID"] = what.transaction;
        frames.push_back({delay, std::move(message)});
    }

    const input& what;
    utc_time at;
    std::string intent;
    std::vector<std::string> rules;
    std::vector<timed_frame> frames;
};

void add_listen(reply& out) {
    auto asr = out.asr();
    asr["final"] = true;
    auto rule = out.rules.empty() ? std::string() : out.rules.front();
    json match{{"intent", out.intent}, {"rule", std::move(rule)}, {"score", 1}, {"skipSurprises", true}};
    out.add(milliseconds(0), "LISTEN",
            {{"asr", std::move(asr)}, {"nlu", out.nlu()}, {"match", std::move(match)}});
    out.add(milliseconds(0), "EOS", json::object());
}

void add_redirect(reply& out, const json& wish) {
    json match{{"skillID", wish.at("skill")}, {"onRobot", true}, {"launch", true}, {"skipSurprises", true}};
    auto nlu = out.nlu();
    nlu["intent"] = member_or(wish, "intent", out.intent);
    if (auto entities = wish.find("entities"); entities != wish.end()) nlu["entities"] = *entities;
    out.add(speech_delay, "SKILL_REDIRECT",
            {{"match", std::move(match)}, {"asr", out.asr()}, {"nlu", std::move(nlu)}});
}

/// `wish` may name the skill and the prompt; an intent's own are the default.
void add_action(reply& out, milliseconds delay, std::string_view esml, const json& wish) {
    auto name = out.intent.empty() ? std::string("chat") : out.intent;
    json meta{{"prompt_id", member_or(wish, "prompt_id", "RUNTIME_PROMPT")},
              {"prompt_sub_category", member_or(wish, "prompt_sub_category", "AN")},
              {"mim_id", member_or(wish, "mim_id", "runtime-" + name)},
              {"mim_type", member_or(wish, "mim_type", "announcement")}};
    json play{{"play", {{"esml", esml}, {"meta", std::move(meta)}}}};
    json jcp{{"type", "SLIM"}, {"config", std::move(play)}};
    json skill{{"id", member_or(wish, "skill", "@be/" + name)}};
    json data{{"skill", std::move(skill)},
              {"action", {{"config", {{"jcp", std::move(jcp)}}}}},
              {"analytics", json::object()},
              {"final", true}};
    out.add(delay, "SKILL_ACTION", std::move(data));
}

bool speaks(const shown_event& event) {
    return (event.kind == "say" || event.kind == "ask") && !member_or(event.data, "text", "").empty();
}

bool redirects(const shown_event& event) {
    return event.kind == "redirect" && !member_or(event.data, "skill", "").empty();
}

/// All that was said as one utterance.
std::string esml_of(const std::vector<shown_event>& shown) {
    std::string spoken;
    for (const auto& event : shown) {
        if (!speaks(event)) continue;
        if (!spoken.empty()) spoken += ' ';
        spoken += escape_esml(member_or(event.data, "text", ""));
    }
    return "<speak>" + spoken + "</speak>";
}

} // namespace

std::vector<timed_frame> make_batch(const answered_turn& turn) {
    auto said = std::ranges::find_if(turn.shown, speaks);
    auto redirect = std::ranges::find_if(turn.shown, redirects);
    bool nothing = said == turn.shown.end() && redirect == turn.shown.end();
    if (nothing && turn.what.kind == input_kind::trigger) return {};

    reply out(turn);
    add_listen(out);
    if (redirect != turn.shown.end()) add_redirect(out, redirect->data);
    if (said != turn.shown.end()) {
        auto delay = redirect == turn.shown.end() ? speech_delay : silent_action_delay;
        add_action(out, delay, esml_of(turn.shown), said->data);
    } else if (redirect != turn.shown.end()) {
        add_action(out, silent_action_delay, silence, redirect->data);
    }
    return std::move(out.frames);
}

std::vector<std::string> reply_rules(const std::vector<std::string>& rules) {
    auto kept = rules;
    if (std::ranges::find_first_of(rules, yes_no_rules) != rules.end())
        std::erase_if(kept, [](const std::string& rule) { return rule.starts_with("globals/"); });
    return kept;
}

std::string escape_esml(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (char c : text) {
        switch (c) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\'':
            escaped += "&apos;";
            break;
        default:
            if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r') escaped += c;
        }
    }
    return escaped;
}

} // namespace rejoinder::websocket::robot
