#pragma once

#include "statemachine/coach/script.hpp"
#include "statemachine/coach/stage_hand.hpp"
#include "tests/statemachine/coach/coached.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::tests {

/// Somebody who talks with the scripted speaker from the beginning of a phase, or from a question.
struct talk : coached {
    explicit talk(coach::coach_phase phase) : coached(phase) {}

    talk& with(const std::string& name, coach::identity_state state = coach::identity_state::proposed) {
        coached::with(name, state);
        return *this;
    }

    std::string say(std::string_view text) {
        coach::stage_hand hand(of, around, [](std::size_t) { return std::size_t{0}; }, text);
        coach::speak(hand);
        return hand.said() + " " + hand.question();
    }

    /// The question that the next answer is for.
    talk& asked(std::string_view topic, std::string_view about = {}) {
        of.script["asked"] = topic;
        of.script["about"] = about;
        of.script["question"] = "And?";
        return *this;
    }
    std::string topic() const { return of.script.value("asked", ""); }

    talk& planning(const std::string& step) {
        of.items.push_back({step, {"", step, persistence::action_status::open, {}, {}}});
        return *this;
    }
    bool is_done(const std::string& step) {
        return of.find_item(step)->value.status == persistence::action_status::done;
    }

    std::string follow_up(std::string_view item) {
        coach::stage_hand hand(of, around, [](std::size_t) { return std::size_t{0}; }, {});
        coach::follow_up(hand, item);
        return hand.said() + " " + hand.question();
    }

    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto* one : of.living())
            all.push_back(one->value.name);
        return all;
    }
};

inline bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace rejoinder::tests
