#pragma once

#include "statemachine/interpreter.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// A machine that a test talks to: it keeps the snapshot and what the last step wanted done.
class running_machine {
public:
    explicit running_machine(std::string_view document, json outside = json::object())
        : machine_(load(document)) {
        inputs.outside = std::move(outside);
        apply(statemachine::start(machine_, inputs));
    }

    /// A definition that must load without errors.
    static statemachine::definition load(std::string_view document) {
        auto outcome = statemachine::load_definition_text(document);
        for (const auto& problem : outcome.problems)
            UNSCOPED_INFO(problem.pointer << ": " << problem.message);
        if (!outcome.machine) throw std::runtime_error("the machine does not load");
        return *outcome.machine;
    }

    running_machine& send(std::string type, json data = json::object()) {
        apply(statemachine::step(machine_, now, {std::move(type), std::move(data)}, inputs));
        return *this;
    }

    /// Lets time pass, and timers fire at their moments.
    running_machine& pass(milliseconds time) {
        auto until = inputs.now + time;
        for (const auto* next = now.next_timer(); next && next->due <= until; next = now.next_timer()) {
            inputs.now = std::max(inputs.now, next->due);
            fire(std::string(next->id));
        }
        inputs.now = until;
        return *this;
    }

    running_machine& fire(const std::string& timer) {
        apply(statemachine::fire(machine_, now, timer, inputs));
        return *this;
    }

    /// Goes on as a machine does that was stored and is loaded again.
    running_machine& store_and_load() {
        auto restored = statemachine::restore(machine_, statemachine::serialise(machine_, now));
        if (!restored) throw std::runtime_error("the machine's snapshot is not restored");
        now = std::move(*restored);
        return *this;
    }

    running_machine& hear(std::string text) { return send("turn.text", {{"text", std::move(text)}}); }

    std::string state() const { return statemachine::state_path(machine_, now); }
    bool done() const { return now.standing == statemachine::snapshot::status::done; }
    json context() const { return now.context.to_json(); }

    /// The texts of the last step's log effects: how tests of order see what ran.
    std::vector<std::string> logged() const {
        std::vector<std::string> texts;
        for (const auto& effect : last.effects)
            if (effect.what == statemachine::effect::kind::log)
                texts.push_back(effect.data.get<std::string>());
        return texts;
    }

    /// The texts of the last step's say and ask effects.
    std::vector<std::string> said() const {
        std::vector<std::string> texts;
        for (const auto& effect : last.effects)
            if (effect.what == statemachine::effect::kind::show &&
                (effect.name == "say" || effect.name == "ask"))
                texts.push_back(effect.data["text"].get<std::string>());
        return texts;
    }

    const statemachine::definition& machine() const { return machine_; }

    statemachine::step_inputs inputs;
    statemachine::step_result last;
    statemachine::snapshot now;

private:
    /// Does what the service does with a step: user data that it remembers are there for the next one.
    void apply(statemachine::step_result result) {
        last = std::move(result);
        if (last.error) return;
        now = last.next;
        for (const auto& effect : last.effects) {
            if (effect.what == statemachine::effect::kind::remember)
                inputs.outside["user"][effect.name] = effect.data;
            if (effect.what == statemachine::effect::kind::forget) inputs.outside["user"].erase(effect.name);
        }
    }

    statemachine::definition machine_;
};

} // namespace rejoinder::tests
