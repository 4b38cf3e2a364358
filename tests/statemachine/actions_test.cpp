#include "tests/statemachine/running_machine.hpp"

#include <set>

using rejoinder::json;
using rejoinder::statemachine::effect;
using rejoinder::tests::running_machine;

namespace {

json action(std::string type, json params) {
    return {{"type", std::move(type)}, {"params", std::move(params)}};
}

/// A machine that runs these actions on every event `x`.
running_machine acting(const json& actions, json context = json::object()) {
    json document{{"id", "m"},
                  {"version", 1},
                  {"initial", "a"},
                  {"context", std::move(context)},
                  {"states", {{"a", {{"on", {{"x", {{"actions", actions}}}}}}}}}};
    return running_machine(document.dump(), {{"user", {{"name", "Ada"}}}});
}

const effect& only_effect(const running_machine& machine) {
    REQUIRE(machine.last.effects.size() == 1);
    return machine.last.effects.front();
}

} // namespace

TEST_CASE("say shows a text, with further data beside it that cannot replace it") {
    auto machine = acting(action(
        "say", {{"text", "Hello {{ user.name }}"},
                {"data", {{"skill", "@be/joke"}, {"who", {{"from", "/user/name"}}}, {"text", "no"}}}}));
    machine.send("x");
    const auto& shown = only_effect(machine);
    CHECK(shown.what == effect::kind::show);
    CHECK(shown.name == "say");
    CHECK(shown.data == json{{"text", "Hello Ada"}, {"skill", "@be/joke"}, {"who", "Ada"}});
}

TEST_CASE("ask shows a question and what is expected") {
    auto machine = acting(action("ask", {{"text", "Ready?"}, {"expect", "yes_no"}, {"data", {{"mim", 1}}}}));
    machine.send("x");
    CHECK(only_effect(machine).name == "ask");
    CHECK(only_effect(machine).data == json{{"text", "Ready?"}, {"expect", "yes_no"}, {"mim", 1}});
}

TEST_CASE("one of several texts is drawn from the step's seed: the same seed, the same text, and all have "
          "their turn") {
    auto machine = acting(action("say", {{"any", {"a", "b", "c"}}}));
    std::set<std::string> drawn;
    for (std::uint64_t seed = 0; seed < 64; ++seed) {
        machine.inputs.seed = seed;
        auto first = machine.send("x").said();
        CHECK(machine.send("x").said() == first);
        drawn.insert(first.at(0));
    }
    CHECK(drawn == std::set<std::string>{"a", "b", "c"});
}

TEST_CASE("draws of one step differ from each other and are the same on every platform") {
    auto draw = action("say", {{"any", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}});
    auto machine = acting({draw, draw, draw, draw, draw, draw});
    machine.inputs.seed = 1234567;
    std::string drawn;
    for (const auto& text : machine.send("x").said())
        drawn += text;
    // SplitMix64 with this seed begins 6457827717110365317, 3203168211198807973, 9817491932198370423,
    // 4593380528125082431, 16408922859458223821: the reference values in many test suites.
    CHECK(drawn.substr(0, 5) == "73311");
}

TEST_CASE("assign stores values, none of which sees another's, also deep in the context") {
    auto machine = acting(action("assign", {{"a", {{"from", "/context/b"}}},
                                            {"b", {{"from", "/context/a"}}},
                                            {"said", "{{ event.text | upper }}"},
                                            {"/context/deep/er", {{"from", "/event/n"}}}}),
                          {{"a", 1}, {"b", 2}});
    machine.send("x", {{"text", "hi"}, {"n", 7}});
    CHECK(machine.context() == json{{"a", 2}, {"b", 1}, {"said", "HI"}, {"deep", {{"er", 7}}}});
}

TEST_CASE("increment counts from nothing, by one or by what it is told") {
    auto machine = acting({action("increment", {{"path", "/context/n"}}),
                           action("increment", {{"path", "/context/m"}, {"by", {{"from", "/event/by"}}}})},
                          {{"m", 10}});
    CHECK(machine.send("x", {{"by", -3}}).context() == json{{"n", 1}, {"m", 7}});
    CHECK(machine.send("x", {{"by", 0.5}}).context() == json{{"n", 2}, {"m", 7.5}});
}

TEST_CASE("an increment beyond whole numbers goes on as a floating number") {
    auto machine = acting(action("increment", {{"path", "/context/n"}}),
                          {{"n", std::numeric_limits<std::int64_t>::max()}});
    CHECK(machine.send("x").context()["n"].is_number_float());
}

TEST_CASE("append makes the list that is missing, remove takes away what is there") {
    auto append = action("append", {{"path", "/context/list"}, {"value", {{"from", "/event/v"}}}});
    auto machine = acting(append);
    machine.send("x", {{"v", 1}});
    CHECK(machine.send("x", {{"v", {2}}}).context() == json{{"list", {1, {2}}}});
    CHECK(acting(action("remove", {{"path", "/context/o/k"}}), {{"o", {{"k", 1}, {"l", 2}}}})
              .send("x")
              .context() == json{{"o", {{"l", 2}}}});
}

TEST_CASE("what is remembered or forgotten in a step is read so by the rest of it") {
    auto machine = acting({action("remember", {{"key", "name"}, {"value", {{"from", "/event/v"}}}}),
                           action("log", {{"text", "{{ user.name }}"}}), action("forget", {{"key", "name"}}),
                           action("log", {{"text", "{{ user.name | default: \"nobody\" }}"}})});
    machine.send("x", {{"v", "Bob"}});
    CHECK(machine.logged() == std::vector<std::string>{"Bob", "nobody"});
    REQUIRE(machine.last.effects.size() == 4);
    CHECK(machine.last.effects[0].what == effect::kind::remember);
    CHECK(machine.last.effects[0].name == "name");
    CHECK(machine.last.effects[0].data == "Bob");
    CHECK(machine.last.effects[2].what == effect::kind::forget);
    CHECK(machine.last.effects[2].name == "name");
}

TEST_CASE("notice and emit show events of their own") {
    auto machine = acting({action("notice", {{"kind", "mood"}, {"data", {{"level", 2}}}}),
                           action("emit", {{"kind", "redirect"}, {"data", {{"skill", "{{ event.skill }}"}}}}),
                           action("emit", {{"kind", "blink"}})});
    machine.send("x", {{"skill", "radio"}});
    REQUIRE(machine.last.effects.size() == 3);
    CHECK(machine.last.effects[0].name == "notice");
    CHECK(machine.last.effects[0].data == json{{"kind", "mood"}, {"level", 2}});
    CHECK(machine.last.effects[1].name == "redirect");
    CHECK(machine.last.effects[1].data == json{{"skill", "radio"}});
    CHECK(machine.last.effects[2].data == json::object());
}

TEST_CASE("a value that an action cannot work with fails the step, with the action's place") {
    struct {
        json what;
        json data;
    } cases[]{{action("increment", {{"path", "/context/text"}}), {}},
              {action("increment", {{"path", "/context/n"}, {"by", {{"from", "/event/v"}}}}), {{"v", "x"}}},
              {action("append", {{"path", "/context/text"}, {"value", 1}}), {}},
              {action("assign", {{"/context/text/deeper", 1}}), {}},
              {action("raise", {{"event", {{"type", {{"from", "/event/v"}}}}}}), {{"v", 1}}},
              {action("say", {{"text", "x"}, {"data", {{"from", "/event/v"}}}}), {{"v", 1}}}};
    for (const auto& c : cases) {
        INFO(c.what.dump());
        auto machine = acting({action("assign", {{"before", true}}), c.what}, {{"text", "abc"}});
        auto before = machine.context();
        machine.send("x", c.data.is_null() ? json::object() : c.data);
        REQUIRE(machine.last.error);
        CHECK(machine.last.error->code == "machine.bad_value");
        CHECK(machine.last.error->pointer == "/states/a/on/x/actions/1");
        CHECK(machine.context() == before);
        CHECK(machine.last.effects.empty());
    }
}
