#pragma once

#include "statemachine/library.hpp"
#include "statemachine/skill/skill_context.hpp"
#include "tests/statemachine/running_machine.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// A machine whose only work is a skill: it says what the skill returned, or the code of its error.
inline std::string machine_of(std::string_view skill, std::string_view input = "null") {
    return R"({"id": "m", "version": 1, "initial": "at_work", "states": {
        "at_work": {"invoke": {"src": "skill:)" +
           std::string(skill) + R"(", "id": "it", "input": )" + std::string(input) + R"(,
                "onDone": {"target": "rest", "actions": {"type": "say", "params": {"text": "done: {{ event.output }}"}}},
                "onError": {"target": "rest", "actions": {"type": "say",
                    "params": {"text": "error: {{ event.error.code }}"}}}},
            "on": {"leave": "rest", "again": {"target": "at_work", "reenter": true},
                "tell": {"actions": {"type": "sendTo", "params": {"to": "it", "event": {"type": "news", "text": "x"}}}},
                "skill.restarted": {"actions": {"type": "say",
                    "params": {"text": "instead of {{ event.expected }} comes {{ event.found }}"}}}}},
        "rest": {"on": {"again": "at_work"}}}})";
}

/// What a machine is told, one after the other: texts, or events by their type, or the passing of time.
struct told {
    std::string type; // empty: time passes
    json data = json::object();
    milliseconds time{};
};

inline told says(std::string text) {
    return {"turn.text", {{"text", std::move(text)}}, {}};
}

inline told waits(milliseconds time) {
    return {{}, json::object(), time};
}

/// What a client and a server see of a machine: every effect of every step, and where it came to.
class transcript {
public:
    void note(const running_machine& machine) {
        for (const auto& one : machine.last.effects)
            lines_.push_back(std::to_string(static_cast<int>(one.what)) + ' ' + one.name + ' ' +
                             to_text(one.data));
        if (machine.last.error) lines_.push_back("failed: " + machine.last.error->code);
        lines_.push_back("at " + machine.state());
    }
    const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    std::vector<std::string> lines_;
};

/// The whole story; `restart` is the event before which the machine is stored and loaded, as after a kill;
/// -1: never, -2: before each.
inline std::vector<std::string> play(std::string_view document, const std::vector<told>& story, int restart,
                                     const json& outside = json::object()) {
    running_machine machine(document, outside);
    transcript seen;
    seen.note(machine);
    for (int i = 0; i < static_cast<int>(story.size()); ++i) {
        if (restart == i || restart == -2) machine.store_and_load();
        const auto& one = story[static_cast<std::size_t>(i)];
        machine.inputs.seed = static_cast<std::uint64_t>(i) * 77 + 5;
        if (one.type.empty())
            machine.pass(one.time);
        else
            machine.send(one.type, one.data);
        seen.note(machine);
    }
    return seen.lines();
}

} // namespace rejoinder::tests
