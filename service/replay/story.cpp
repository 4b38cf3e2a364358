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

std::string describe(const std::vector<json>& events, std::size_t index) {
    return index < events.size() ? to_text(events[index]) : "nothing";
}

} // namespace

json to_comparable(const json& event) {
    json bare = {{"kind", event.value("kind", json())}, {"data", event.value("data", json())}};
    if (event.contains("turn")) bare["turn"] = event["turn"];
    if (bare["data"].is_object()) bare["data"].erase("elapsed");
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
            auto shown = parse_json(commit.events, stored_limits).value;
            if (shown.is_array())
                for (const auto& event : shown)
                    if (event.is_object()) told.events.push_back(to_comparable(event));
            if (commit.turn.empty()) continue;
            if (!step || !step->what.event || commit.number == 0)
                return recording_error{name + ": turn " + commit.turn +
                                       (step
                                            ? " is a robot's, which no client of rejoinder.v1 can say"
                                            : " was answered without a step: what was said is not recorded")};
            if (!begun) begun = step->what.received;
            told.turns.push_back({commit.turn, input_of(*step->what.event),
                                  std::max(milliseconds(0), step->what.received - *begun)});
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
