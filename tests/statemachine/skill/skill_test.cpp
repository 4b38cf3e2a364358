#include "statemachine/execution.hpp"
#include "tests/statemachine/skill/skill_scene.hpp"

using namespace rejoinder;
using namespace rejoinder::statemachine;
using namespace std::chrono_literals;
using rejoinder::tests::machine_of;
using rejoinder::tests::running_machine;

namespace {

using texts = std::vector<std::string>;

skill_task greet(skill_context& skill) {
    auto name = co_await skill.ask("Who is there?");
    skill.say("Hello " + name.text);
    auto sure = co_await skill.ask_yes_no("May I remember you?");
    if (sure == yes_or_no::yes) skill.remember("name", name.text);
    co_return sure == yes_or_no::yes ? "known" : sure == yes_or_no::no ? "unknown" : "unclear";
}

skill_task impatient(skill_context& skill) {
    skill_question question{"Quick?"};
    question.patience = 5s;
    auto said = co_await skill.ask(std::move(question));
    co_return said.is_silence() ? "silence" : said.text;
}

skill_task worker(skill_context& skill) {
    auto lamp = co_await skill.tool("lamp", {{"on", true}}, 2s);
    auto mind = co_await skill.call("responder", {{"say", "why?"}});
    co_return json{lamp ? lamp.data : json(lamp.code), mind ? mind.data : json(mind.code)};
}

skill_task sleeper(skill_context& skill) {
    auto begun = skill.now();
    co_await skill.pause(1h);
    co_return (skill.now() - begun).count();
}

skill_task listener(skill_context& skill) {
    auto heard = co_await skill.next_event({"news", "alarm"}, 10s);
    co_return heard.type.empty() ? "nothing" : heard.type + heard.data.value("text", "");
}

skill_task failing(skill_context& skill) {
    auto how = co_await skill.ask("How?");
    if (how.text == "own") throw skill_error("list.full", "The list is full.");
    if (how.text == "other") throw std::runtime_error("a secret");
    co_return skill.read("/user/other");
}

skill_task inner(skill_context& skill) {
    auto said =
        co_await skill.ask("inner " + std::to_string(skill.version()) + skill.input().value("x", "") + '?');
    if (said.text == "break") throw skill_error("broken", "It broke.");
    co_return said.text;
}

skill_task outer(skill_context& skill) {
    json first = co_await inner(skill);
    try {
        json second = co_await skill.run({"inner", 7, inner, {}, on_divergence::fail, {}}, {{"x", "y"}});
        co_return json{first, second};
    } catch (const skill_error& error) {
        co_return json{first, error.code()};
    }
}

skill_task stubborn(skill_context& skill) {
    for (int times = 0; times < 2; ++times) {
        try {
            auto said = co_await skill.ask("Well?");
            co_return said.text;
        } catch (const skill_cancelled&) {
            skill.say("Sure?");
        }
    }
    co_return "gave up";
}

skill_task counting(skill_context& skill) {
    auto round = skill.input().value("round", 0);
    co_await skill.ask("Round " + std::to_string(round) + '?');
    if (round == 2) co_return "enough";
    skill.continue_as_new({{"round", round + 1}});
}

skill_task drawing(skill_context& skill) {
    skill.say_one_of({"a", "b", "c", "d", "e", "f", "g", "h"});
    auto first = skill.draw(1000);
    co_await skill.ask("?");
    co_return json{first, skill.draw(1000)};
}

skill_task teller(skill_context& skill) {
    skill.raise("leave");
    co_await skill.ask("Never heard?");
    co_return nullptr;
}

skill_task two_lamps(skill_context& skill) {
    auto lamp = co_await skill.tool("lamp");
    auto said = co_await skill.ask("Lit " + lamp.data.get<std::string>() + '?');
    co_return said.text;
}

skill_task leaving(skill_context& skill) {
    skill.raise("again");
    co_return "a word of the one that was left";
}

int guards_alive = 0;

struct alive {
    alive() { ++guards_alive; }
    ~alive() { --guards_alive; }
    alive(const alive&) = delete;
    alive& operator=(const alive&) = delete;
};

skill_task guarded(skill_context& skill) {
    alive here;
    co_await skill.ask("Still?");
    co_return nullptr;
}

const bool installed_here = [] {
    auto plain = [](const char* name, skill_task (*run)(skill_context&)) {
        return skill{name, 1, run, {}, on_divergence::fail, {"never mind"}};
    };
    install({{},
             {},
             {plain("greet", greet), plain("impatient", impatient), plain("worker", worker),
              plain("sleeper", sleeper), plain("listener", listener), plain("failing", failing),
              plain("outer", outer), plain("stubborn", stubborn), plain("counting", counting),
              plain("drawing", drawing), plain("teller", teller), plain("guarded", guarded),
              plain("two_lamps", two_lamps), plain("leaving", leaving)}});
    return true;
}();

} // namespace

TEST_CASE("a skill asks, hears what the machine has no transition for, and returns to onDone") {
    running_machine machine(machine_of("greet"));
    CHECK(machine.said() == texts{"Who is there?"});
    machine.hear("Ada");
    CHECK(machine.said() == texts{"Hello Ada", "May I remember you?"});
    CHECK(machine.last.effects[1].data["expect"] == json::parse(R"(["yes", "no"])"));
    machine.hear("yes please");
    CHECK(machine.inputs.outside["user"]["name"] == "Ada");
    CHECK(machine.said() == texts{"done: known"});
    CHECK(machine.state() == "rest");
    CHECK(machine.now.skills.empty());
}

TEST_CASE("a no beats a yes, and what is neither is unclear") {
    auto answer = [](const std::string& text) {
        running_machine machine(machine_of("greet"));
        return machine.hear("Ada").hear(text).said().at(0);
    };
    CHECK(answer("No, please don't") == "done: unknown");
    CHECK(answer("Sure, go ahead!") == "done: known");
    CHECK(answer("Purple") == "done: unclear");
    CHECK(answer("I don't know") == "done: unclear");
}

TEST_CASE("a question without an answer is answered by silence in its time, and not before") {
    running_machine machine(machine_of("impatient"));
    CHECK(machine.pass(4999ms).state() == "at_work");
    CHECK(machine.pass(1ms).said() == texts{"done: silence"});

    running_machine quick(machine_of("impatient"));
    CHECK(quick.hear("yes").said() == texts{"done: yes"});
    CHECK(quick.now.timers.empty());
}

TEST_CASE("a skill hands work to the device and outside, and hears how it ended") {
    running_machine machine(machine_of("worker"));
    REQUIRE(machine.last.effects.size() == 1);
    CHECK(machine.last.effects[0].what == effect::kind::tool);
    CHECK(machine.last.effects[0].data ==
          json::parse(R"({"args": {"on": true}, "timeout": 2000, "skill": "skill.1.1"})"));
    auto work = machine.last.effects[0].data["skill"];
    machine.send("tool.lamp.done", {{"data", "somebody else's"}});
    CHECK(machine.last.effects.empty());
    machine.send("tool.lamp.done", {{"data", "bright"}, {"skill", work}});
    REQUIRE(machine.last.effects.size() == 1);
    CHECK(machine.last.effects[0].what == effect::kind::invoke);
    auto call = machine.last.effects[0].name;
    machine.send("xstate.done.actor.somebody", {{"output", 1}});
    CHECK(machine.state() == "at_work");
    machine.send("xstate.done.actor." + call, {{"output", "because"}});
    CHECK(machine.said() == texts{"done: bright, because"});
}

TEST_CASE("work that fails tells the skill why") {
    running_machine machine(machine_of("worker"));
    machine.send("tool.lamp.failed", {{"code", "timeout"}, {"skill", "skill.1.1"}});
    auto call = machine.last.effects.at(0).name;
    machine.send("xstate.error.actor." + call, {{"error", {{"code", "responder.silent"}, {"message", "m"}}}});
    CHECK(machine.said() == texts{"done: timeout, responder.silent"});
}

TEST_CASE("a skill sleeps by the wall clock, stored or not") {
    running_machine machine(machine_of("sleeper"));
    CHECK(machine.store_and_load().pass(1h - 1ms).state() == "at_work");
    CHECK(machine.store_and_load().pass(1ms).said() == texts{"done: 3600000"});
}

TEST_CASE("a skill waits for events of a client, of its machine, or in vain") {
    running_machine machine(machine_of("listener"));
    CHECK(machine.send("alarm").said() == texts{"done: alarm"});
    CHECK(machine.send("again").send("tell").said() == texts{"done: newsx"});
    CHECK(machine.send("again").pass(10s).said() == texts{"done: nothing"});
    CHECK(machine.send("again").send("other").last.handled == false);
}

TEST_CASE("what a skill throws is its actor's error, and only its own words leave it") {
    running_machine machine(machine_of("failing"));
    CHECK(machine.hear("own").said() == texts{"error: list.full"});
    CHECK(machine.send("again").hear("other").said() == texts{"error: skill.failed"});
    CHECK(machine.logged() == texts{"the skill 'failing' has failed: a secret"});
    CHECK(machine.send("again").hear("unread").said() == texts{"error: skill.failed"});
    CHECK(machine.logged().at(0).find("/user/other") != std::string::npos);
}

TEST_CASE("a failure that the machine has no word for fails the step, and the skill waits where it did") {
    running_machine machine(R"({"id": "m", "version": 1, "invoke": {"src": "skill:failing", "id": "it"},
        "initial": "a", "states": {"a": {}}})");
    machine.hear("own");
    REQUIRE(machine.last.error);
    CHECK(machine.last.error->code == "list.full");
    REQUIRE(machine.now.skills.size() == 1);
    machine.hear("other");
    REQUIRE(machine.last.error);
    CHECK(machine.last.error->code == "skill.failed");
}

TEST_CASE("a skill awaits another one, by itself or with a version of its own, and catches its errors") {
    running_machine machine(machine_of("outer"));
    CHECK(machine.said() == texts{"inner 1?"});
    CHECK(machine.hear("one").said() == texts{"inner 7y?"});
    CHECK(machine.store_and_load().hear("two").said() == texts{"done: one, two"});
    CHECK(machine.send("again").hear("one").store_and_load().hear("break").said() ==
          texts{"done: one, broken"});
}

TEST_CASE("a user who never minds cancels the skill") {
    running_machine machine(machine_of("greet"));
    CHECK(machine.hear("Oh, never mind.").said() == texts{"error: cancelled"});
    CHECK(machine.send("again").send("intent.chat", {{"intent", "chat"}, {"text", "never mind"}}).said() ==
          texts{"error: cancelled"});
    CHECK(machine.send("again").send("intent.cancel", {{"intent", "cancel"}}).said() ==
          texts{"error: cancelled"});
}

TEST_CASE("a skill may have a word in its cancellation, also when it is brought back") {
    running_machine machine(machine_of("stubborn"));
    CHECK(machine.hear("never mind").said() == texts{"Sure?", "Well?"});
    CHECK(machine.store_and_load().hear("no").said() == texts{"done: no"});
    CHECK(machine.send("again").hear("never mind").hear("never mind").said() ==
          texts{"Sure?", "done: gave up"});
}

TEST_CASE("a skill goes on as a new one with an empty journal") {
    running_machine machine(machine_of("counting"));
    CHECK(machine.said() == texts{"Round 0?"});
    CHECK(machine.hear("x").said() == texts{"Round 1?"});
    CHECK(machine.now.skills.at(0).run == 2);
    CHECK(machine.now.skills.at(0).steps.steps().size() == 1);
    CHECK(machine.store_and_load().hear("x").said() == texts{"Round 2?"});
    CHECK(machine.hear("x").said() == texts{"done: enough"});
}

TEST_CASE("a skill's draws are the step's, and drawn once") {
    running_machine machine(machine_of("drawing"));
    auto first = machine.said().at(0);
    auto told = machine.store_and_load().hear("x").said();
    machine.inputs.seed = 0;
    running_machine other(machine_of("drawing"));
    CHECK(other.said().at(0) == first);
    CHECK(other.hear("x").said() == told);
}

TEST_CASE("what a skill raises comes before the next event, and a state that is left ends its skill") {
    running_machine machine(machine_of("teller"));
    CHECK(machine.state() == "rest");
    CHECK(machine.now.skills.empty());
}

TEST_CASE("a skill that is left is unwound, with its timers and calls") {
    running_machine machine(machine_of("guarded"));
    CHECK(guards_alive == 1);
    machine.send("leave");
    machine.last = {};
    CHECK(guards_alive == 0);

    running_machine calling(machine_of("worker"));
    calling.send("tool.lamp.done", {{"data", 1}, {"skill", "skill.1.1"}});
    auto call = calling.last.effects.at(0).name;
    calling.store_and_load().send("leave");
    REQUIRE(calling.last.effects.size() == 1);
    CHECK(calling.last.effects[0].what == effect::kind::stop);
    CHECK(calling.last.effects[0].name == call);

    running_machine sleeping(machine_of("sleeper"));
    CHECK(sleeping.now.timers.size() == 1);
    sleeping.send("again");
    CHECK(sleeping.now.timers.size() == 1);
    sleeping.send("leave");
    CHECK(sleeping.now.timers.empty());
}

TEST_CASE("a machine names only skills that are installed") {
    auto outcome = load_definition_text(machine_of("gret"));
    REQUIRE(outcome.problems.size() == 1);
    CHECK(outcome.problems[0].pointer == "/states/at_work/invoke/src");
    CHECK(outcome.problems[0].message == "this program has no skill 'gret'. Did you mean 'greet'?");
}

TEST_CASE("what is installed twice, has no code, or reads its own machine is refused") {
    CHECK_THROWS_AS(install({{}, {}, {skill{"greet", 1, greet, {}, on_divergence::fail, {}}}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(install({{}, {}, {skill{"no_code", 1, nullptr, {}, on_divergence::fail, {}}}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(install({{}, {}, {skill{"unversioned", 0, greet, {}, on_divergence::fail, {}}}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(install({{}, {}, {skill{"greedy", 1, greet, {"/user"}, on_divergence::fail, {}}}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(install({{}, {}, {skill{"nosy", 1, greet, {"/context/x"}, on_divergence::fail, {}}}}),
                    std::invalid_argument);
}

TEST_CASE("a program's own guards and actions are used as the built-in ones") {
    static const bool ready = [] {
        install({{{"is_even",
                   [](parameters& of) -> guard_function {
                       return [value = of.required_value("value")](const execution& in) {
                           return value.evaluate(in).get<int>() % 2 == 0;
                       };
                   }}},
                 {{"shout",
                   [](parameters& of) -> action_function {
                       return [text = of.required_value("text")](execution& in) {
                           in.show("say", {{"text", text.evaluate(in).get<std::string>() + '!'}});
                       };
                   },
                   touches::outside}},
                 {}});
        return true;
    }();
    REQUIRE(ready);
    running_machine machine(R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {"on": {"n": {
        "guard": {"type": "is_even", "params": {"value": {"from": "/event/n"}}},
        "actions": {"type": "shout", "params": {"text": "even"}}}}}}})");
    CHECK(machine.send("n", {{"n", 3}}).said().empty());
    CHECK(machine.send("n", {{"n", 4}}).said() == texts{"even!"});
}

TEST_CASE("of two skills each hears of its own work, and an answer goes to the younger first") {
    running_machine machine(R"({"id": "m", "version": 1, "type": "parallel", "states": {
        "a": {"invoke": {"src": "skill:two_lamps", "id": "first"}, "on": {"*": {}}},
        "b": {"invoke": {"src": "skill:two_lamps", "id": "second"}}}})");
    REQUIRE(machine.last.effects.size() == 2);
    CHECK(machine.last.effects[0].data["skill"] == "skill.1.1");
    CHECK(machine.last.effects[1].data["skill"] == "skill.2.1");
    machine.store_and_load().send("tool.lamp.done", {{"data", "one"}, {"skill", "skill.1.1"}});
    CHECK(machine.said() == texts{"Lit one?"});
    machine.send("tool.lamp.done", {{"data", "late"}, {"skill", "skill.1.1"}});
    CHECK(machine.last.effects.empty());
    machine.send("tool.lamp.done", {{"data", "two"}, {"skill", "skill.2.1"}});
    CHECK(machine.said() == texts{"Lit two?"});
}

TEST_CASE("a skill that ends in the step in which its state is left is not heard any more") {
    running_machine machine(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"invoke": {"src": "skill:leaving", "id": "it", "onDone": "heard"}, "on": {"again": "b"}},
        "b": {}, "heard": {}}})");
    CHECK(machine.state() == "b");
}

TEST_CASE("a machine's wildcards do not take what its skill waits for outside") {
    running_machine machine(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"invoke": {"src": "skill:sleeper", "id": "it", "onDone": "b"}, "on": {"*": {}}}, "b": {}}})");
    CHECK(machine.pass(1h).state() == "b");
}
