#include "service/recorded_step.hpp"

#include "persistence/json_writer.hpp"

#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::service {
namespace {

/// Copies the value at a JSON Pointer, within the objects that it lies in. Of an array every element is kept:
/// an index says nothing without those in front of it.
void keep(const json& from, json::json_pointer path, json& into) {
    std::vector<std::string> tokens;
    for (; !path.empty(); path.pop_back())
        tokens.push_back(path.back());
    const json* there = &from;
    json* here = &into;
    for (const auto& token : std::views::reverse(tokens)) {
        if (!there->is_object()) break;
        auto found = there->find(token);
        if (found == there->end()) {
            if (here->is_null()) *here = json::object();
            return;
        }
        there = &*found;
        here = &(*here)[token];
    }
    *here = *there;
}

constexpr auto restarts = "restarts";

json outside_of(const statemachine::definition& machine, const statemachine::step_inputs& inputs) {
    json outside;
    for (const auto& path : machine.outside_paths())
        keep(inputs.outside, json::json_pointer(path), outside);
    return outside;
}

/// Empty where it has none.
std::string_view text_of(const statemachine::event& what) {
    const auto* text = find_pointer(what.data, "/text");
    return text && text->is_string() ? std::string_view(text->get_ref<const std::string&>())
                                     : std::string_view();
}

/// Turns that waited when the machine came to its end.
json left_by(const session_state& before, const happening& what, const turn_result& result) {
    json left;
    if (!result.ended) return left;
    for (const auto& turn : before.work.queue)
        if (turn.who.id != what.turn) left.push_back(turn.who.id.text);
    return left;
}

/// Nearly always, so it is not stored twice.
bool is_the_events_text(const happening& what) {
    return !what.heard.empty() && what.event && text_of(*what.event) == what.heard;
}

/// Nothing when it is no change, or one that was changed by hand.
std::optional<version_change> read_change(const json& step) {
    const auto* stored = find_pointer(step, "/migrated");
    if (!stored || !stored->is_object()) return std::nullopt;
    auto text = [stored](const char* member) { return stored->value(member, json()); };
    auto from = text("from");
    auto hash = text("hash");
    auto state = text("state");
    auto stopped = step.value("received", json());
    if (!from.is_number_integer() || !hash.is_string() || !state.is_string() || !stopped.is_number_integer())
        return std::nullopt;
    version_change change;
    if (text("how") == restarts) change.how = version_change::way::restarts;
    change.from = from;
    change.hash = hash.get<std::string>();
    change.state = state.get<std::string>();
    change.ended = text("ended") == true;
    change.stopped = from_unix(stopped);
    return change;
}

} // namespace

json record_change(const statemachine::definition& machine, const version_change& what,
                   const statemachine::step_inputs& inputs, std::uint64_t first) {
    bool anew = what.how == version_change::way::restarts;
    json step = {{"received", to_unix(what.stopped)}, {"now", to_unix(inputs.now)}, {"seed", inputs.seed}};
    step["migrated"] = {{"from", what.from},
                        {"hash", what.hash},
                        {"how", anew ? restarts : "migrates"},
                        {"state", what.state}};
    if (what.ended) step["migrated"]["ended"] = true;
    if (first != 0) step["first"] = first;
    if (auto outside = outside_of(machine, inputs); !outside.empty()) step["outside"] = std::move(outside);
    return step;
}

std::optional<version_change> version_change_in(std::string_view stored) {
    if (stored.find("\"migrated\":") == std::string_view::npos) return std::nullopt;
    auto parsed = parse_json(stored, stored_limits);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    return read_change(parsed.value);
}

std::string record_step(const statemachine::definition& machine, const session_state& before,
                        const happening& what, const statemachine::step_inputs& inputs,
                        const turn_result& result) {
    static constexpr std::size_t usual_rest = 192;
    std::string step;
    step.reserve(usual_rest + 2 * what.heard.size());
    object_writer out(step);
    out.member("received", to_unix(what.received)).member("now", to_unix(inputs.now));
    out.member("seed", inputs.seed);
    if (what.event) {
        object_writer event(out.place("event"));
        event.member("type", what.event->type).member("data", what.event->data);
        event.end();
    }
    if (is_the_events_text(what))
        out.member("heard", true);
    else if (!what.heard.empty())
        out.member("heard", what.heard);
    if (what.how == happening::kind::cancelled) out.member("cancelled", true);
    if (!what.call.empty()) {
        if (what.how == happening::kind::call_ended)
            out.member("actor", what.call);
        else
            out.member("call", what.call);
    }
    if (!what.timer.empty()) out.member("timer", what.timer);
    if (what.how == happening::kind::resumed) out.member("resumed", true);
    if (result.status == "parked") out.member("turn", what.turn.text);
    const auto& parked = before.work.parked;
    bool settles = parked && result.settled;
    if (settles) out.member("turnless", true); // although the entry is the turn's
    if (settles || (parked && parked->who.id == what.turn)) out.member("first", parked->first);
    if (auto left = left_by(before, what, result); !left.empty()) out.member("left", left);
    if (auto outside = outside_of(machine, inputs); !outside.empty()) out.member("outside", outside);
    out.end();
    return step;
}

std::optional<std::uint64_t> first_event_of_turn(std::string_view stored) {
    if (stored.find("\"first\":") == std::string_view::npos) return std::nullopt;
    auto parsed = parse_json(stored, stored_limits);
    const auto* first = parsed ? find_pointer(parsed.value, "/first") : nullptr;
    if (!first || !first->is_number_unsigned()) return std::nullopt;
    return first->get<std::uint64_t>();
}

std::optional<recorded_step> restore_step(turn_id turn, std::string_view stored) {
    auto parsed = parse_json(stored, stored_limits);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    const auto& step = parsed.value;
    auto number = [&step](const char* member) { return step.value(member, json()); };
    auto now = number("now");
    auto received = number("received");
    auto seed = number("seed");
    if (!now.is_number_integer() || !received.is_number_integer() || !seed.is_number_unsigned())
        return std::nullopt;

    recorded_step restored;
    restored.what.turn = std::move(turn);
    restored.what.received = from_unix(received);
    restored.inputs.now = from_unix(now);
    restored.inputs.seed = seed;
    if (const auto* heard = find_pointer(step, "/heard"); heard && heard->is_string())
        restored.what.heard = heard->get<std::string>();
    if (const auto* outside = find_pointer(step, "/outside")) restored.inputs.outside = *outside;
    if (const auto* parked = find_pointer(step, "/turn"); parked && parked->is_string())
        restored.what.turn = turn_id{parked->get<std::string>()};
    if (const auto* call = find_pointer(step, "/call"); call && call->is_string()) {
        restored.what.call = call->get<std::string>();
        restored.what.how = happening::kind::tool_ended;
    }
    if (const auto* left = find_pointer(step, "/left"); left && left->is_array())
        for (const auto& waited : *left)
            if (waited.is_string()) restored.left.emplace_back(turn_id{waited.get<std::string>()});
    if (const auto* actor = find_pointer(step, "/actor"); actor && actor->is_string()) {
        restored.what.call = actor->get<std::string>();
        restored.what.how = happening::kind::call_ended;
    }
    if (const auto* timer = find_pointer(step, "/timer"); timer && timer->is_string()) {
        restored.what.timer = timer->get<std::string>();
        restored.what.how = happening::kind::timer_fired;
    }
    if (find_pointer(step, "/turnless")) restored.what.turn = {};
    if (find_pointer(step, "/resumed")) restored.what.how = happening::kind::resumed;
    if (find_pointer(step, "/cancelled")) restored.what.how = happening::kind::cancelled;
    restored.change = read_change(step);
    const auto* event = find_pointer(step, "/event");
    if (!event) return restored;
    const auto* type = find_pointer(*event, "/type");
    const auto* data = find_pointer(*event, "/data");
    if (!type || !type->is_string() || !data) return std::nullopt;
    restored.what.event = statemachine::event{type->get<std::string>(), *data};
    if (const auto* heard = find_pointer(step, "/heard"); heard && *heard == true)
        restored.what.heard = text_of(*restored.what.event);
    return restored;
}

} // namespace rejoinder::service
