#include "service/recorded_step.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace rejoinder::service {
namespace {

bool reads(const statemachine::definition& machine, const std::string& part) {
    return std::ranges::any_of(machine.outside_paths(), [prefix = "/" + part](const std::string& path) {
        return path == prefix || path.starts_with(prefix + "/");
    });
}

} // namespace

json record_step(const statemachine::definition& machine, const happening& what,
                 const statemachine::step_inputs& inputs) {
    json step = {{"received", to_unix(what.received)}, {"now", to_unix(inputs.now)}, {"seed", inputs.seed}};
    if (what.event) step["event"] = {{"type", what.event->type}, {"data", what.event->data}};
    if (!what.heard.empty()) step["heard"] = what.heard;
    for (const auto& [part, value] : inputs.outside.items())
        if (reads(machine, part)) step["outside"][part] = value;
    return step;
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
    const auto* event = find_pointer(step, "/event");
    if (!event) return restored;
    const auto* type = find_pointer(*event, "/type");
    const auto* data = find_pointer(*event, "/data");
    if (!type || !type->is_string() || !data) return std::nullopt;
    restored.what.event = statemachine::event{type->get<std::string>(), *data};
    return restored;
}

} // namespace rejoinder::service
