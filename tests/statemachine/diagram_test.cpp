#include "statemachine/diagram.hpp"

#include "tests/statemachine/running_machine.hpp"

using namespace rejoinder;
using statemachine::diagram_format;

namespace {

constexpr std::string_view house = R"({"id": "house", "version": 1, "initial": "home", "states": {
    "home": {"type": "parallel", "on": {"go": "away"}, "states": {
        "lamp": {"initial": "off", "states": {"off": {"on": {"switch": {"target": "on", "guard": {
            "type": "not", "params": {"guards": [{"type": "stateIn", "params": {"state": "home.door.open"}}]}}}}},
            "on": {"after": {"5000": "off"}}}},
        "door": {"initial": "shut", "states": {"shut": {"on": {"*": "open"}}, "open": {"on": {"say.*": {}}}}},
        "last": {"type": "history", "history": "deep"}}},
    "away": {"invoke": {"src": "wait", "input": {"for": 5}, "onDone": "home.last"}, "on": {"say \"x\": y": "over"}},
    "over": {"type": "final"}}})";

std::string drawn(diagram_format how, std::string_view state = {}) {
    auto machine = tests::running_machine::load(house);
    statemachine::snapshot current;
    if (!state.empty()) CHECK(activate(machine, state, current).empty());
    return draw(machine, ordered_json::parse(house), how, state.empty() ? nullptr : &current);
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a machine is drawn for Markdown, with regions, guards, delays and what is active") {
    auto text = drawn(diagram_format::mermaid, "home.lamp.on");
    CAPTURE(text);
    CHECK(text.starts_with("stateDiagram-v2\n    state \"house\" as s0 {\n        [*] --> s1\n        state "
                           "\"home\" as s1 {\n"));
    CHECK(has(text, "            --\n            state \"door\" as s5 {\n"));
    CHECK(has(text, "state \"last (H*)\" as s8\n"));
    CHECK(has(text, "s3 --> s4 : switch [not]\n"));
    CHECK(has(text, "s4 --> s3 : after 5000 ms\n"));
    CHECK(has(text, "s6 --> s7 : *\n"));
    CHECK(has(text, "s7 --> s7 : say.*\n"));
    CHECK(has(text, "s9 --> s8 : done\n"));
    CHECK(has(text, "state \"away [wait]\" as s9\n"));
    CHECK(has(text, "s9 --> s10 : say \"x\"  y\n"));
    CHECK(has(text, "s10 --> [*]\n"));
    for (const auto* active : {"s1", "s2", "s4"})
        CHECK(has(text, std::string("class ") + active + " current\n"));
    CHECK_FALSE(has(text, "class s3 current"));
}

TEST_CASE("a machine is drawn for Graphviz, whose edges end at the borders of clusters") {
    auto text = drawn(diagram_format::dot, "away");
    CAPTURE(text);
    CHECK(text.starts_with("digraph \"house\" {\n"));
    CHECK(has(text, "subgraph cluster_s1 {\n"));
    CHECK(has(text, "begin_s1 -> s9 [label=\"go\", ltail=cluster_s1]\n"));
    CHECK(has(text, "s9 -> s10 [label=\"say \\\"x\\\": y\"]\n"));
    CHECK(has(text, "s9 [label=\"away [wait]\", penwidth=3]\n"));
    CHECK(has(text, "s10 [label=\"over\", peripheries=2]\n"));
    CHECK(text.ends_with("}\n"));
}

TEST_CASE("a state that is not there can't stand out") {
    auto machine = tests::running_machine::load(house);
    statemachine::snapshot current;
    CHECK(activate(machine, "home.roof", current) ==
          "there is no state 'home.roof'; there are home.lamp.off, home.lamp.on, home.door.shut, "
          "home.door.open, "
          "away, over");
    CHECK_FALSE(activate(machine, "", current).empty());
}
