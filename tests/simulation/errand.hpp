#pragma once

#include "statemachine/library.hpp"
#include "statemachine/skill/skill_context.hpp"

#include <string>

namespace rejoinder::tests::simulation {

/// A skill that asks the responder, has the device do something, says what it was sent with, and says back
/// the next text as well, when there is one in time.
inline statemachine::skill_task errand(statemachine::skill_context& skill) {
    auto text = skill.input().value("text", std::string());
    co_await skill.call("responder", {{"say", text}});
    co_await skill.tool("thing", {{"lucky", skill.draw(100)}}, milliseconds(5000));
    skill.say(text);
    auto next = co_await skill.next_event({"turn.text"}, milliseconds(4000));
    if (!next.type.empty()) skill.say(next.data.value("text", std::string()));
    co_return nullptr;
}

inline void install_errand() {
    static const bool installed = [] {
        statemachine::install({{}, {}, {{"errand", 1, errand, {}, statemachine::on_divergence::fail, {}}}});
        return true;
    }();
    (void)installed;
}

} // namespace rejoinder::tests::simulation
