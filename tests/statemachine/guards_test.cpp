#include "tests/statemachine/running_machine.hpp"

using rejoinder::json;
using rejoinder::tests::running_machine;

namespace {

/// Whether the guard holds for an event of this type and data, over a context and outside values that all
/// tests share.
bool holds(const json& guard, std::string type, json data = json::object()) {
    json document{
        {"id", "m"},
        {"version", 1},
        {"initial", "a"},
        {"context", {{"n", 3}, {"name", "Ada"}, {"list", {1, "two"}}, {"none", nullptr}, {"o", {{"k", 1}}}}},
        {"meta",
         {{"intents",
           {{{"name", "help"}, {"any", {"help", "what can you do"}}},
            {{"name", "bye"}, {"regex", "^(good)?bye"}}}}}},
        {"states",
         {{"a", {{"on", {{"*", {{"target", "b"}, {"guard", guard}}}}}, {"tags", "waiting"}}},
          {"b", json::object()}}}};
    running_machine machine(document.dump(), {{"user", {{"age", 40}}},
                                              {"person", {{"name", "Bob"}}},
                                              {"device", {{"room", "kitchen"}}},
                                              {"session", {{"turns", 2}}}});
    machine.inputs.now = rejoinder::from_unix(1000);
    return machine.send(std::move(type), std::move(data)).state() == "b";
}

json guard(std::string type, json params) {
    return {{"type", std::move(type)}, {"params", std::move(params)}};
}

bool holds_for_text(const json& guard, std::string text) {
    return holds(guard, "turn.text", {{"text", std::move(text)}});
}

} // namespace

TEST_CASE("equals compares any JSON, numbers by their value") {
    CHECK(holds(guard("equals", {{"path", "/context/n"}, {"value", 3.0}}), "x"));
    CHECK(holds(guard("equals", {{"path", "/context/o"}, {"value", {{"k", 1}}}}), "x"));
    CHECK(holds(guard("equals", {{"path", "/context/missing"}, {"value", nullptr}}), "x"));
    CHECK_FALSE(holds(guard("equals", {{"path", "/context/name"}, {"value", "ada"}}), "x"));
    CHECK_FALSE(holds(guard("equals", {{"path", "/context/n"}, {"value", "3"}}), "x"));
}

TEST_CASE("less and greater compare numbers with numbers and texts with texts, and nothing else") {
    CHECK(holds(guard("less", {{"path", "/context/n"}, {"value", 4}}), "x"));
    CHECK_FALSE(holds(guard("less", {{"path", "/context/n"}, {"value", 3}}), "x"));
    CHECK(holds(guard("greater", {{"path", "/context/n"}, {"value", 2.5}}), "x"));
    CHECK(holds(guard("greater", {{"path", "/context/name"}, {"value", "Abc"}}), "x"));
    CHECK_FALSE(holds(guard("less", {{"path", "/context/n"}, {"value", "9"}}), "x"));
    CHECK_FALSE(holds(guard("less", {{"path", "/context/missing"}, {"value", 9}}), "x"));
    CHECK_FALSE(holds(guard("greater", {{"path", "/context/o"}, {"value", 0}}), "x"));
}

TEST_CASE("exists is true for everything but null and nothing") {
    CHECK(holds(guard("exists", {{"path", "/context/n"}}), "x"));
    CHECK_FALSE(holds(guard("exists", {{"path", "/context/none"}}), "x"));
    CHECK_FALSE(holds(guard("exists", {{"path", "/context/missing"}}), "x"));
}

TEST_CASE("contains looks for an element, a part of a text, or a member") {
    CHECK(holds(guard("contains", {{"path", "/context/list"}, {"value", "two"}}), "x"));
    CHECK_FALSE(holds(guard("contains", {{"path", "/context/list"}, {"value", "tw"}}), "x"));
    CHECK(holds(guard("contains", {{"path", "/context/name"}, {"value", "da"}}), "x"));
    CHECK(holds(guard("contains", {{"path", "/context/o"}, {"value", "k"}}), "x"));
    CHECK_FALSE(holds(guard("contains", {{"path", "/context/o"}, {"value", 1}}), "x"));
    CHECK_FALSE(holds(guard("contains", {{"path", "/context/n"}, {"value", 3}}), "x"));
}

TEST_CASE("values are read from the event, the context, the outside and the time of the step") {
    CHECK(holds(guard("equals", {{"path", "/event/type"}, {"value", "x"}}), "x"));
    CHECK(holds(guard("equals", {{"path", "/event/a/0"}, {"value", 1}}), "x", {{"a", {1}}}));
    CHECK(holds(guard("equals", {{"path", "/user/age"}, {"value", 40}}), "x"));
    CHECK(holds(guard("equals", {{"path", "/person/name"}, {"value", "Bob"}}), "x"));
    CHECK(holds(guard("equals", {{"path", "/device/room"}, {"value", "kitchen"}}), "x"));
    CHECK(holds(guard("equals", {{"path", "/session/turns"}, {"value", 2}}), "x"));
    CHECK(holds(guard("equals", {{"path", "/now"}, {"value", 1000}}), "x"));
    CHECK(holds(guard("equals", {{"path", "/context"}, {"value", {{"from", "/context"}}}}), "x"));
}

TEST_CASE("a guard's value may be read from elsewhere or be a template") {
    CHECK(holds(guard("equals", {{"path", "/event/name"}, {"value", {{"from", "/context/name"}}}}), "x",
                {{"name", "Ada"}}));
    CHECK(holds(guard("equals", {{"path", "/event/name"}, {"value", "{{ context.name | upper }}"}}), "x",
                {{"name", "ADA"}}));
    CHECK(holds(guard("equals", {{"path", "/event/t"}, {"value", {{"literal", "{{ x"}}}}), "x",
                {{"t", "{{ x"}}));
}

TEST_CASE("and, or and not combine guards") {
    auto yes = guard("exists", {{"path", "/context/n"}});
    auto no = guard("exists", {{"path", "/context/missing"}});
    CHECK(holds(guard("and", {{"guards", {yes, yes}}}), "x"));
    CHECK_FALSE(holds(guard("and", {{"guards", {yes, no}}}), "x"));
    CHECK(holds(guard("or", {{"guards", {no, yes}}}), "x"));
    CHECK_FALSE(holds(guard("or", {{"guards", {no, no}}}), "x"));
    CHECK(holds(guard("not", {{"guards", {no}}}), "x"));
    CHECK_FALSE(holds(guard("not", {{"guards", {yes}}}), "x"));
    CHECK(holds(guard("not", {{"guards", {guard("and", {{"guards", {yes, no}}})}}}), "x"));
}

TEST_CASE("stateIn holds in the state itself and in everything inside it") {
    CHECK(holds(guard("stateIn", {{"state", "a"}}), "x"));
    CHECK(holds(guard("stateIn", {{"state", "#m.a"}}), "x"));
    CHECK(holds(guard("stateIn", {{"state", "#m"}}), "x"));
    CHECK_FALSE(holds(guard("stateIn", {{"state", "b"}}), "x"));
}

TEST_CASE("matches listens to the event's text unless it is told another") {
    CHECK(holds_for_text(guard("matches", {{"any", {"good morning"}}}), "Well, GOOD  morning!"));
    CHECK_FALSE(holds_for_text(guard("matches", {{"any", {"good morning"}}}), "good old morning"));
    CHECK(holds(guard("matches", {{"text", {{"from", "/context/name"}}}, {"regex", "^a.a$"}}), "x"));
    CHECK_FALSE(holds(guard("matches", {{"any", {"x"}}}), "x"));
    CHECK_FALSE(holds(guard("matches", {{"any", {"x"}}}), "x", {{"text", 5}}));
}

TEST_CASE("an intent is heard in an intent event and in a text that matches it") {
    CHECK(holds(guard("intent", {{"is", "help"}}), "intent.help"));
    CHECK(holds_for_text(guard("intent", {{"is", "help"}}), "Hey, what can you do?"));
    CHECK(holds_for_text(guard("intent", {{"in", {"x", "bye"}}}), "Goodbye, then"));
    CHECK_FALSE(holds_for_text(guard("intent", {{"is", "bye"}}), "help me"));
    CHECK_FALSE(holds(guard("intent", {{"is", "help"}}), "x", {{"text", "help"}}));
    CHECK_FALSE(holds_for_text(guard("intent", {{"is", "help"}}), "nothing known"));
}

TEST_CASE("of two intents that match a text the first one of the document is meant") {
    auto machine = running_machine::load(
        R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {}}, "meta": {"intents": [
        {"name": "one", "any": ["stop now"]}, {"name": "two", "any": ["stop"]}]}})");
    CHECK(machine.match_intent("Please stop now!") == "one");
    CHECK(machine.match_intent("stop") == "two");
    CHECK(machine.match_intent("unstoppable").empty());
}
