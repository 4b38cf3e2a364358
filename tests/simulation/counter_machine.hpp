#pragma once

#include "persistence/json.hpp"
#include "statemachine/definition.hpp"
#include "tests/simulation/errand.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace rejoinder::tests::simulation {

/// How long the timer runs that a text sets.
inline constexpr milliseconds timer_length{7000};

/// What a version of the machine loses of the one before it, that a test may see that this is missed.
enum class flaw {
    none,
    timers, ///< it does not know what timers told the former one
    calls   ///< it drops the state in which the former one waits for the responder
};

/// The states' names: versions of odd numbers have these, those of even numbers the others.
struct counter_names {
    std::string listening = "listening";
    std::string waiting = "waiting";
    std::string away = "away";
    std::string pondering = "pondering";
    std::string heard = "heard"; ///< a member of the context

    static counter_names of(std::int64_t version) {
        if (version % 2 == 1) return {};
        return {"hearing", "expecting", "out", "thinking", "count"};
    }
};

/// From each version up to this one to the next: everything goes on under its other name.
inline json counter_migrations(std::int64_t version, flaw lost) {
    auto ways = json::array();
    for (std::int64_t from = 1; from < version; ++from) {
        auto was = counter_names::of(from);
        auto is = counter_names::of(from + 1);
        json renamed{{was.listening, is.listening}, {was.waiting, is.waiting}, {was.away, is.away}};
        json way{{"from", from}, {"to", from + 1}};
        if (lost == flaw::calls)
            way["drop"][was.pondering] = is.listening;
        else
            renamed[was.pondering] = is.pondering;
        way["rename"] = std::move(renamed);
        json count{{is.heard, {{"from", "/context/" + was.heard}}}};
        way["context"] = {{{"type", "assign"}, {"params", std::move(count)}},
                          {{"type", "remove"}, {"params", {{"path", "/context/" + was.heard}}}}};
        ways.push_back(std::move(way));
    }
    return ways;
}

/// What simulated devices talk to: says back what it hears, once for each turn. A text that begins with
/// "fetch" it says when the device has done something, or has not in time; one that begins with "ponder" when
/// the responder has answered, or has failed. One that begins with "errand" is left to a skill. One that
/// begins with "time" it says at once, and emits `rang` with it when a timer has run out. All versions do the
/// same.
inline statemachine::definition counter_machine(std::int64_t version = 1, flaw lost = flaw::none) {
    install_errand();
    auto document = json::parse(R"({
      "id": "counter", "context": {"wanted": ""},
      "on": {"ring.*": {"actions": [
        {"type": "emit", "params": {"kind": "rang", "data": {"text": {"from": "/event/text"}}}}]}}
    })");
    auto name = counter_names::of(version);
    document["version"] = version;
    document["initial"] = name.listening;
    document["context"][name.heard] = 0;
    if (version > 1) document["migrations"] = counter_migrations(version, lost);
    if (version > 1 && lost == flaw::timers) document["on"].erase("ring.*");

    auto say_wanted = json::parse(R"([{"type": "say", "params": {"text": "{{ context.wanted }}"}}])");
    auto wants = json::parse(R"({"type": "assign", "params": {"wanted": {"from": "/event/text"}}})");
    auto begins_with = [](const std::string& word) {
        return json{{"type", "matches"}, {"params", {{"regex", "^" + word}}}};
    };
    auto time = json::parse(R"({"actions": [
        {"type": "say", "params": {"text": "{{ event.text }}"}},
        {"type": "start timer", "params": {"delay": 7000,
          "event": {"type": "ring.{{ event.text }}", "text": {"from": "/event/text"}}}}]})");
    time["guard"] = begins_with("time");
    auto fetch = json::parse(R"({"type": "tool", "params": {"name": "thing", "timeout": 5000}})");
    auto says_back = json::parse(R"({"type": "say", "params": {"text": "{{ event.text }}"}})");
    json counts{{"type", "increment"}, {"params", {{"path", "/context/" + name.heard}, {"by", 1}}}};
    auto back = [&](json actions) {
        return json{{"target", name.listening}, {"actions", std::move(actions)}};
    };

    auto& states = document["states"];
    states[name.listening]["on"]["turn.text"] = {
        {{"guard", begins_with("fetch")}, {"target", name.waiting}, {"actions", {wants, fetch}}},
        {{"guard", begins_with("ponder")}, {"target", name.pondering}, {"actions", json::array({wants})}},
        {{"guard", begins_with("errand")}, {"target", name.away}},
        time,
        {{"actions", {counts, says_back}}}};
    states[name.waiting]["on"]["tool.thing.*"] = back(say_wanted);
    auto& away = states[name.away];
    away["invoke"] =
        json::parse(R"({"src": "skill:errand", "id": "boy", "input": {"text": {"from": "/event/text"}}})");
    away["invoke"]["onDone"] = away["invoke"]["onError"] = name.listening;
    away["on"]["turn.text"] = time;
    auto& pondering = states[name.pondering];
    pondering["invoke"] =
        json::parse(R"({"src": "responder", "id": "mind", "input": {"say": {"from": "/context/wanted"}}})");
    pondering["invoke"]["onDone"] = pondering["invoke"]["onError"] = back(say_wanted);

    auto loaded = statemachine::load_definition(document);
    if (!loaded.machine) {
        auto why =
            loaded.problems.empty() ? "" : loaded.problems[0].pointer + ": " + loaded.problems[0].message;
        throw std::logic_error("the machine of the simulation is wrong: " + why);
    }
    return *loaded.machine;
}

} // namespace rejoinder::tests::simulation
