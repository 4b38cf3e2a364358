#include "tests/statemachine/sound_document.hpp"

#include <algorithm>

using namespace rejoinder::statemachine;
using rejoinder::json;
using rejoinder::ordered_json;
using namespace rejoinder::tests;

namespace {

struct broken {
    std::string where; // to put `what`
    json what;
    std::string pointer; // of the problem
    std::string message; // a part of it
};

std::vector<problem> problems_of(const broken& c) {
    auto document = sound;
    document[json::json_pointer(c.where)] = c.what;
    auto outcome = load_definition(document);
    CHECK_FALSE(outcome.machine);
    return outcome.problems;
}

void check_all(const std::vector<broken>& cases) {
    for (const auto& c : cases) {
        INFO(c.where << " = " << c.what.dump());
        auto found = problems_of(c);
        std::string all;
        for (const auto& problem : found)
            all += problem.pointer + ": " + problem.message + '\n';
        INFO(all);
        CHECK(std::ranges::any_of(found, [&](const problem& p) {
            return p.how_bad == problem::severity::error && p.pointer == c.pointer &&
                   p.message.find(c.message) != std::string::npos;
        }));
    }
}

} // namespace

TEST_CASE("what is wrong with a machine as a whole is found") {
    check_all({{"/id", "with space", "/id", "'id' is 1 to 64"},
               {"/id", 5, "/id", "'id' is 1 to 64"},
               {"/version", "1.0", "/version", "whole number"},
               {"/version", 0, "/version", "whole number"},
               {"/context", json::array(), "/context", "object"},
               {"/context", {{"x", std::string(300000, 'x')}}, "/context", "256 KiB"},
               {"/meta", 1, "/meta", "object"},
               {"/type", "final", "", "final"},
               {"/onDone", ".z", "/onDone", "no 'onDone'"},
               {"/sates", json::object(), "/sates", "Did you mean 'states'?"},
               {"/states/a/version", 1, "/states/a/version", "not known"}});
}

TEST_CASE("a machine without id, version or states says what is missing, and not only the first of it") {
    auto outcome = load_definition(json::object());
    CHECK_FALSE(outcome.machine);
    std::vector<std::string> messages;
    for (const auto& problem : outcome.problems) {
        CHECK(problem.pointer.empty());
        messages.push_back(problem.message);
    }
    CHECK(messages ==
          std::vector<std::string>{"'id' is missing: a machine has a name",
                                   "'version' is missing: a machine has a number that grows when it changes",
                                   "a machine has 'states'"});
}

TEST_CASE("what is wrong with a state is found") {
    check_all({{"/states/a/initial", "nowhere", "/states/a/initial", "own states"},
               {"/states/a/initial", "c.x", "/states/a/initial", "own states"},
               {"/states/a/states/b/initial", "x", "/states/a/states/b/initial", "no 'initial'"},
               {"/states/a/states/b", 5, "/states/a/states/b", "a state is an object"},
               {"/states/a/states", json::array({1}), "/states/a/states", "object of states"},
               {"/states/a/states/x.y", json::object(), "/states/a/states/x.y", "dots"},
               {"/states/a/type", "atomic", "/states/a/type", "atomic"},
               {"/states/a/states/b/type", "compound", "/states/a/states/b/type", "compound"},
               {"/states/a/type", "strange", "/states/a/type",
                "'atomic', 'compound', 'parallel', 'final' or 'history'"},
               {"/states/z/on", {{"x", "a"}}, "/states/z/on", "final state has no 'on'"},
               {"/states/z/always", "a", "/states/z/always", "final state has no 'always'"},
               {"/states/a/states/b/onDone", "c", "/states/a/states/b/onDone", "states inside"},
               {"/states/a/output", 1, "/states/a/output", "only a final state"},
               {"/states/a/tags", 1, "/states/a/tags", "'tags'"},
               {"/states/a/id", "m.z", "/states/z", "has the id 'm.z' already"},
               {"/states/a/id", 1, "/states/a/id", "'id' is a text"},
               {"/states/a/entri", 1, "/states/a/entri", "Did you mean 'entry'?"},
               {"/states/a/a~1b~0c", 1, "/states/a/a~1b~0c", "'a/b~c' is not known"}});
    auto document = sound;
    document["states"]["a"].erase("initial");
    CHECK(load_definition(document).problems.at(0).pointer == "/states/a");
}

TEST_CASE("what is wrong with a transition is found") {
    check_all({{"/states/a/on/go", "y", "/states/a/on/go", "no state 'y' to go to. Did you mean 'a'?"},
               {"/states/a/on/go", ".d", "/states/a/on/go", "no state '.d' to go to. Did you mean '.b'?"},
               {"/states/a/on/go", "#m.y", "/states/a/on/go", "Did you mean '#m.a'?"},
               {"/states/a/on/go", "", "/states/a/on/go", "no state ''"},
               {"/states/a/on/go", ".", "/states/a/on/go", "no state '.'"},
               {"/states/a/on/go", "z.", "/states/a/on/go", "no state 'z.'"},
               {"/states/a/on/go", {{"target", "nowhere"}}, "/states/a/on/go/target", "no state 'nowhere'"},
               {"/states/a/on/go", {{"target", {"z", "a"}}}, "/states/a/on/go/target", "parallel"},
               {"/states/a/on/go", {{"target", 5}}, "/states/a/on/go/target", "name of a state"},
               {"/states/a/on/go", {"z", "y"}, "/states/a/on/go/1", "no state 'y'"},
               {"/states/a/on/go", nullptr, "/states/a/on/go", "{} forbids"},
               {"/states/a/on/go", {{"cond", "x"}}, "/states/a/on/go/cond", "not known"},
               {"/states/a/on/go", {{"reenter", 1}}, "/states/a/on/go/reenter", "true or false"},
               {"/states/a/on", 1, "/states/a/on", "object of events"},
               {"/states/a/on/x*", "z", "/states/a/on/x*", "ends in '.*'"},
               {"/states/a/on/*.x", "z", "/states/a/on/*.x", "ends in '.*'"},
               {"/on", {{"x", "z"}}, "/on/x", "it is '.z'"},
               {"/states/a/always", {{"target", "y"}}, "/states/a/always/target", "no state 'y'"}});
}

TEST_CASE("what is wrong with a guard is found") {
    auto with = [](json guard, const std::string& behind, std::string message) {
        return broken{"/states/a/on/go",
                      {{"target", "z"}, {"guard", std::move(guard)}},
                      "/states/a/on/go/guard" + behind,
                      std::move(message)};
    };
    check_all({with("isReady", "", "no guard 'isReady'"),
               with(call("matchs", {{"any", {"x"}}}), "/type", "Did you mean 'matches'?"),
               with(5, "", "a guard is a name"),
               with({{"type", "exists"}, {"params", 5}}, "/params", "'params' is an object"),
               with({{"type", "exists"}, {"param", {{"path", "/now"}}}}, "/param", "Did you mean 'params'?"),
               with("exists", "", "'exists' needs the parameter 'path'"),
               with(call("exists", {{"path", "/contxt/x"}}), "/params/path", "names no value"),
               with(call("exists", {{"path", "context.x"}}), "/params/path", "names no value"),
               with(call("exists", {{"path", "/context/a~2"}}), "/params/path", "names no value"),
               with(call("exists", {{"path", "/now/x"}}), "/params/path", "names no value"),
               with(call("exists", {{"path", 5}}), "/params/path", "JSON Pointer"),
               with(call("exists", {{"path", "/now"}, {"value", 1}}), "/params/value", "not known"),
               with(call("equals", {{"path", "/now"}}), "/params", "needs the parameter 'value'"),
               with(call("equals", {{"path", "/now"}, {"value", {{"from", "/nowhere"}}}}),
                    "/params/value/from", "names no value"),
               with(call("matches", {{"text", "x"}}), "/params", "nothing to match"),
               with(call("matches", {{"any", json::array()}}), "/params/any", "phrases"),
               with(call("matches", {{"any", {"ok", "?!"}}}), "/params/any/1", "at least one word"),
               with(call("matches", {{"regex", "(x"}}), "/params/regex", "no regular expression"),
               with(call("matches", {{"regex", "(x)\\1"}}), "/params/regex", "invalid escape"),
               with(call("matches", {{"regex", "(?=x)"}}), "/params/regex", "perl operator"),
               with(call("matches", {{"regex", "((x{100}){100}){100}"}}), "/params/regex", "repetition"),
               with(call("matches", {{"regex", std::string(257, 'x')}}), "/params/regex", "256"),
               with(call("intent", {{"is", "a b"}}), "/params/is", "name"),
               with(call("intent", json::object()), "/params", "needs the parameter 'is'"),
               with(call("and", {{"guards", "x"}}), "/params/guards", "array of guards"),
               with(call("or", {{"guards", {"x"}}}), "/params/guards/0", "no guard 'x'"),
               with(call("stateIn", {{"state", "nowhere"}}), "/params/state", "no such state")});
}

TEST_CASE("what is wrong with an action is found") {
    auto with = [](json action, const std::string& behind, std::string message) {
        return broken{"/states/a/entry", std::move(action), "/states/a/entry" + behind, std::move(message)};
    };
    check_all(
        {with("greet", "", "no action 'greet'"),
         with(call("asign", {{"x", 1}}), "/type", "Did you mean 'assign'?"),
         with({"say"}, "/0", "either 'text' or 'any'"),
         with(call("say", {{"text", "x"}, {"any", {"y"}}}), "/params", "either 'text' or 'any'"),
         with(call("say", {{"any", json::array()}}), "/params/any", "array of texts"),
         with(call("say", {{"any", {"x", 5}}}), "/params/any/1", "array of texts"),
         with(call("say", {{"text", 5}}), "/params/text", "is a text"),
         with(call("say", {{"txt", "x"}}), "/params/txt", "Did you mean 'text'?"),
         with(call("say", {{"text", "Hello {{ user.name"}}), "/params/text", "'}}'"),
         with(call("say", {{"text", "{{ nobody.name }}"}}), "/params/text", "names no value"),
         with(call("say", {{"text", "{{ user..name }}"}}), "/params/text", "names no value"),
         with(call("say", {{"text", "{{ user.name | uper }}"}}), "/params/text", "Did you mean 'upper'?"),
         with(call("say", {{"text", "{{ user.name | default }}"}}), "/params/text", "number of arguments"),
         with(call("say", {{"text", "{{ user.name | default: x }}"}}), "/params/text", "double quotes"),
         with(call("say", {{"text", "x"}, {"data", {{"a", "{{ }}"}}}}), "/params/data/a", "names no value"),
         with("assign", "", "at least one name"),
         with(call("assign", {{"x", {{"from", 1}}}}), "/params/x/from", "JSON Pointer"),
         with(call("assign", {{"/context/", 1}, {"/context/~", 1}}), "/params/~1context~1~0", "no place"),
         with(call("increment", {{"path", "/user/n"}}), "/params/path", "below /context"),
         with(call("append", {{"path", "/context"}, {"value", 1}}), "/params/path", "below /context"),
         with(call("remove", {{"path", "x"}}), "/params/path", "below /context"),
         with(call("remember", {{"value", 1}}), "/params", "'key'"),
         with(call("forget", {{"key", "a b"}}), "/params/key", "name"),
         with(call("emit", {{"kind", "turn.done"}}), "/params/kind", "not a machine's"),
         with(call("emit", {{"kind", "say"}}), "/params/kind", "not a machine's"),
         with(call("raise", json::object()), "/params", "'event'"),
         with(call("log", {{"text", "x"}, {"level", 1}}), "/params/level", "not known")});
}

TEST_CASE("what is wrong with an intent is found") {
    auto with = [](json intents, const std::string& behind, std::string message) {
        return broken{
            "/meta", {{"intents", std::move(intents)}}, "/meta/intents" + behind, std::move(message)};
    };
    check_all({with(5, "", "array"), with({5}, "/0", "an intent is an object"),
               with({{{"any", {"x"}}}}, "/0", "'name'"), with({{{"name", "a"}}}, "/0", "nothing to match"),
               with({{{"name", "a"}, {"any", {"x"}}}, {{"name", "a"}, {"any", {"y"}}}}, "/1/name", "already"),
               with({{{"name", "a"}, {"all", {"x"}}}}, "/0/all", "not known")});
}

TEST_CASE("policies are words that the protocol knows") {
    check_all(
        {{"/meta", {{"takeover", "oldest"}}, "/meta/takeover", "newest, refuse or share"},
         {"/meta", {{"overlap", "shout"}}, "/meta/overlap", "queue, reject, replace, merge or debounce"},
         {"/states/a/meta", {{"overlap", "debounce"}}, "/states/a/meta/overlap", "milliseconds"},
         {"/states/a/meta", {{"overlap", 5}}, "/states/a/meta/overlap", "queue"}});
}

TEST_CASE("a tool has a name and a time that is short enough") {
    auto tool = [](json params, const std::string& behind, std::string message) {
        return broken{"/states/a/entry", call("tool", std::move(params)), "/states/a/entry/params" + behind,
                      std::move(message)};
    };
    check_all({tool({{"args", json::object()}}, "", "needs the parameter 'name'"),
               tool({{"name", "lamp"}, {"timeout", 0}}, "/timeout", "from 1 to 900000"),
               tool({{"name", "lamp"}, {"timeout", 900001}}, "/timeout", "from 1 to 900000"),
               tool({{"name", "lamp"}, {"timeout", "1 s"}}, "/timeout", "a whole number of milliseconds")});
}

TEST_CASE("what a later version will do is refused in plain words") {
    check_all({{"/states/a/entry", "enqueueActions", "/states/a/entry", "is not supported yet"}});
}

TEST_CASE("parallel and history states that make no sense are found") {
    check_all(
        {{"/states/z", json::parse(R"({"type": "parallel"})"), "/states/z/type", "has states inside"},
         {"/states/a/type", "parallel", "/states/a/initial", "has no 'initial'"},
         {"/states/a/states/h",
          {{"type", "history"}, {"history", "all"}},
          "/states/a/states/h/history",
          "'shallow' or 'deep'"},
         {"/states/a/states/h",
          {{"type", "history"}, {"on", json::object()}},
          "/states/a/states/h/on",
          "a history state has no 'on'"},
         {"/states/a/states/h",
          {{"type", "history"}, {"target", "z"}},
          "/states/a/states/h/target",
          "beside it or inside those"},
         {"/states/a/states/h",
          {{"type", "history"}, {"target", "h"}},
          "/states/a/states/h/target",
          "no history state itself"},
         {"/states/a/states/h",
          {{"type", "history"}, {"target", {"b", "c"}}},
          "/states/a/states/h/target",
          "different regions"},
         {"/states/a/states/h",
          {{"type", "history"}, {"target", json::array()}},
          "/states/a/states/h/target",
          "at least one"},
         {"/states/z", json::parse(R"({"type": "parallel", "states": {"h": {"type": "history"}}})"),
          "/states/z", "no history states"},
         {"/states/z", json::parse(R"({"initial": "h", "states": {"h": {"type": "history"}}})"),
          "/states/z/initial", "no history state"},
         {"/states/a/target", "b", "/states/a/target", "only a history state has a 'target'"},
         {"/states/a/on/go", {{"target", {"z", "a"}}}, "/states/a/on/go/target", "never active together"},
         {"/states/a/on/go", {{"target", json::array()}}, "/states/a/on/go/target", "at least one"}});
}

TEST_CASE("delays and actors that make no sense are found") {
    check_all(
        {{"/states/a/after", {{"1000", "nowhere"}}, "/states/a/after/1000", "there is no state 'nowhere'"},
         {"/states/a/after", {{"soon", "z"}}, "/states/a/after/soon", "a whole number of milliseconds"},
         {"/states/a/after", {{"-1", "z"}}, "/states/a/after/-1", "a whole number of milliseconds"},
         {"/states/a/after", "z", "/states/a/after", "'after' is an object"},
         {"/states/a/after",
          {{"5", {{"target", "z"}, {"meta", {{"timer", "never"}}}}}},
          "/states/a/after/5/meta/timer",
          "deadline, remaining or restart"},
         {"/states/a/invoke", {{"src", "respoder"}}, "/states/a/invoke/src", "Did you mean 'responder'?"},
         {"/states/a/invoke", json::object(), "/states/a/invoke", "'src' is missing"},
         {"/states/a/invoke", {{"src", "wait"}}, "/states/a/invoke", "is told how long"},
         {"/states/a/invoke",
          {{{"src", "wait"}, {"id", "w"}}, {{"src", "wait"}, {"id", "w"}}},
          "/states/a/invoke/1/id",
          "already"},
         {"/states/a/entry", call("start timer", {{"event", "egg"}}), "/states/a/entry/params",
          "needs the parameter 'delay'"},
         {"/states/a/entry", call("raise", {{"event", "egg"}, {"id", "x"}}), "/states/a/entry/params/id",
          "only what has a 'delay'"}});
}

TEST_CASE("a state that nothing leads to is found, once for all that is inside it") {
    check_all({{"/states/lost", json::parse(R"({"initial": "x", "states": {"x": {}}})"), "/states/lost",
                "no transition leads to the state 'lost'"},
               {"/states/a/states/d", json::object(), "/states/a/states/d", "'a.d'"},
               {"/states/a/on/go", {{{"target", "a"}}, {{"target", "z"}}}, "/states/z", "'z'"}});
    auto document = sound;
    document["states"]["lost"] =
        json::parse(R"({"initial": "x", "states": {"x": {"on": {"y": "w"}}, "w": {}}})");
    CHECK(load_definition(document).problems.size() == 1);
}

TEST_CASE("always transitions that certainly go round for ever are found") {
    check_all({{"/states/a/states/b/always", "b", "/states/a/states/b/always", "for ever"},
               {"/states/a/always", {{"target", "a"}, {"reenter", true}}, "/states/a/always", "for ever"},
               {"/states/a/always",
                {{"actions", call("increment", {{"path", "/context/n"}})}},
                "/states/a/always",
                "for ever"}});
    auto document = sound;
    document["states"]["a"]["states"]["b"]["always"] = "c";
    CHECK(load_definition(document).machine);
    document["states"]["a"]["states"]["c"]["always"] = "b";
    CHECK_FALSE(load_definition(document).machine);
    document["states"]["a"]["states"]["c"]["always"] = {
        {"target", "b"}, {"guard", call("exists", {{"path", "/context/stop"}})}};
    CHECK(load_definition(document).machine);
}

TEST_CASE("a text that is no JSON is a problem of the whole document") {
    for (auto text : {"", "{", "nonsense", "{\"id\": \"a\", \"id\": \"b\"}"}) {
        auto outcome = load_definition_text(text);
        CHECK_FALSE(outcome.machine);
        REQUIRE(outcome.problems.size() == 1);
        CHECK(outcome.problems[0].pointer.empty());
        CHECK_FALSE(outcome.problems[0].message.empty());
    }
    CHECK_FALSE(load_definition(json::array()).machine);
    ordered_json deep = sound;
    ordered_json nested = 1;
    for (int i = 0; i < 100000; ++i)
        nested = ordered_json::array({std::move(nested)});
    deep["context"]["deep"] = std::move(nested);
    CHECK(load_definition(deep).problems.at(0).message.find("64 levels") != std::string::npos);
}

TEST_CASE("members of editors and descriptions are welcome anywhere in the structure") {
    auto document = sound;
    document["$schema"] = "x";
    document["description"] = "x";
    document["states"]["a"]["x-position"] = {{"x", 1}};
    document["states"]["a"]["description"] = "x";
    document["states"]["a"]["meta"] = {{"note", 1}};
    document["states"]["a"]["on"]["go"] = {{"target", "z"}, {"description", "x"}, {"x-color", "red"}};
    CHECK(load_definition(document).problems.empty());
}
