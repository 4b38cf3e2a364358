#include "service/replay/story.hpp"

#include "service/recorded_step.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rejoinder::service {
namespace {

/// The input of the turn that became this event (`session_endpoint` makes the one from the other).
json input_of(const statemachine::event& event) {
    static constexpr std::string_view intent = "intent.";
    if (event.type == "turn.text") return event.data;
    bool is_intent = event.type.starts_with(intent);
    json input = is_intent ? json{{"intent", event.type.substr(intent.size())}} : json{{"event", event.type}};
    const auto* entities = find_pointer(event.data, "/entities");
    if (is_intent && entities && !entities->is_null()) input["entities"] = *entities;
    if (!is_intent && !event.data.is_null()) input["data"] = event.data;
    return input;
}

/// What the client did that led to this step; nothing when it is none of a client's, with the reason.
std::optional<story_act> act_of(const happening& what, std::uint64_t number, std::string& why) {
    story_act act;
    act.id = what.turn.text;
    act.call = what.call;
    if (what.how == happening::kind::cancelled) {
        act.what = story_act::kind::cancel;
        return act;
    }
    if (what.how == happening::kind::tool_ended) {
        bool done = what.event && what.event->type.ends_with(".done");
        act.what = done ? story_act::kind::done : story_act::kind::failed;
        act.input = what.event ? what.event->data.value("data", json()) : json();
        if (done || (what.event && what.event->data.value("code", "") == "failed")) return act;
        why = " has a tool that was not answered in time, which would have to be waited for";
        return std::nullopt;
    }
    if (what.event && number != 0) {
        act.input = input_of(*what.event);
        return act;
    }
    why = " is a robot's, which no client of rejoinder.v1 can say";
    return std::nullopt;
}

std::string describe(const std::vector<json>& events, std::size_t index) {
    return index < events.size() ? to_text(events[index]) : "nothing";
}

} // namespace

json to_comparable(const json& event) {
    json bare = {{"kind", event.value("kind", json())}, {"data", event.value("data", json())}};
    if (event.contains("turn")) bare["turn"] = event["turn"];
    if (bare["data"].is_object())
        for (const auto* member : {"elapsed", "deadline"})
            bare["data"].erase(member);
    return bare;
}

std::variant<story, recording_error> tell_story(const std::string& name,
                                                const std::vector<session_recording>& parts) {
    story told;
    std::optional<utc_time> begun;
    for (const auto& part : parts) {
        told.machine = part.machine;
        told.whole = told.whole && part.lost == 0;
        for (const auto& commit : part.commits) {
            auto step = commit.step.empty() ? std::nullopt : restore_step(turn_id{commit.turn}, commit.step);
            // An end without a turn is what a client has wished and no turn: the story ends in front of it.
            if (commit.turn.empty() && !step) continue;
            auto before = told.events.size();
            auto shown = parse_json(commit.events, stored_limits).value;
            if (shown.is_array())
                for (const auto& event : shown)
                    if (event.is_object()) told.events.push_back(to_comparable(event));
            if (!step)
                return recording_error{name + ": turn " + commit.turn +
                                       " was answered without a step: what was said is not recorded"};
            const auto& what = step->what;
            if (step->change)
                return recording_error{name + ": the session goes over to another version of its machine, "
                                              "which no client can bring about"};
            if (what.turn.empty() && what.call.empty()) continue; // its birth, or a device's report
            // Of a turn that is parked the commit tells no number, as the log names it when it has ended.
            bool is_parked = commit.turn.empty();
            std::string why;
            auto act = act_of(what, is_parked ? 1 : commit.number, why);
            if (!act)
                return recording_error{
                    std::string(name).append(": turn ").append(what.turn.text).append(why)};
            if (!begun) begun = what.received;
            act->at = std::max(milliseconds(0), what.received - *begun);
            act->after = before;
            told.turns += act->what == story_act::kind::turn ? 1 : 0;
            told.acts.push_back(std::move(*act));
        }
    }
    told.whole = told.whole && !parts.empty() && !parts.front().start;
    return told;
}

std::optional<story_difference> compare_events(const std::vector<json>& expected,
                                               const std::vector<json>& ours) {
    auto [theirs, mine] = std::ranges::mismatch(expected, ours);
    if (theirs == expected.end() && mine == ours.end()) return std::nullopt;
    auto index = static_cast<std::size_t>(theirs - expected.begin());
    return story_difference{index + 1, describe(expected, index), describe(ours, index)};
}

} // namespace rejoinder::service
