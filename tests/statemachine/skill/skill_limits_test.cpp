// Skills that are not as they should be, or more than a session has room for.

#include "tests/statemachine/skill/skill_scene.hpp"

using namespace rejoinder;
using namespace rejoinder::statemachine;
using rejoinder::tests::machine_of;
using rejoinder::tests::running_machine;

namespace {

using texts = std::vector<std::string>;

skill_task endless(skill_context& skill) {
    for (;;)
        skill.notice("again");
    co_return nullptr;
}

/// What its test wants it to do wrong.
std::string mistake;

skill_task mistaken(skill_context& skill) {
    co_await skill.ask("Now?");
    if (mistake == "arguments") co_await skill.tool("lamp", json::array());
    if (mistake == "name") co_await skill.tool("the lamp");
    if (mistake == "key") skill.remember("a key", 1);
    if (mistake == "kind") skill.emit("turn.done");
    if (mistake == "whom") co_await skill.call("weather");
    if (mistake == "nothing") skill.draw(0);
    if (mistake == "bytes") skill.say(std::string("a\0b", 3));
    if (mistake == "foreign") co_await std::suspend_always{};
    if (mistake == "unawaited") {
        auto wait = skill.ask("Not waited for?");
        skill.say("on");
        co_await wait;
    }
    co_return "no mistake";
}

struct speaker {
    skill_context& skill;
    ~speaker() { skill.say("A destructor's last word"); }
};

skill_task speaking(skill_context& skill) {
    {
        speaker here{skill};
        co_await skill.ask("Well?");
        for (int i = 0; i < 1500; ++i)
            skill.notice("busy");
    }
    co_await skill.ask("And?");
    co_return nullptr;
}

skill_task swallowing(skill_context& skill) {
    for (;;) {
        try {
            co_await skill.ask("A question that comes again?");
        } catch (...) {
            skill.say("never");
        }
    }
}

skill_task resting(skill_context& skill) {
    co_await skill.ask("Still?");
    co_return nullptr;
}

const bool installed_here = [] {
    auto plain = [](const char* name, skill_task (*run)(skill_context&)) {
        return skill{name, 1, run, {}, on_divergence::fail, {}};
    };
    install({{},
             {},
             {plain("endless", endless), plain("mistaken", mistaken), plain("speaking", speaking),
              plain("swallowing", swallowing), plain("resting", resting)}});
    return true;
}();

} // namespace

TEST_CASE("a skill that does not come to rest fails instead of holding the session up") {
    running_machine machine(machine_of("endless"));
    CHECK(machine.said() == texts{"error: skill.too_many_steps"});
}

TEST_CASE("a mistake of a skill's code ends the skill, and the session stands as it can be stored") {
    for (const char* what :
         {"arguments", "name", "key", "kind", "whom", "nothing", "bytes", "foreign", "unawaited"}) {
        INFO(what);
        mistake = what;
        running_machine machine(machine_of("mistaken"));
        machine.hear("x");
        REQUIRE_FALSE(machine.said().empty());
        CHECK(machine.said().back() == "error: skill.failed");
        CHECK_FALSE(machine.logged().empty());
        machine.store_and_load();
    }
}

TEST_CASE("code that must not go on is stopped at its next wait, whatever it catches and destroys") {
    running_machine machine(machine_of("speaking"));
    CHECK(machine.hear("x").said() == texts{"error: skill.journal_full"});

    running_machine endless(machine_of("swallowing"));
    int answered = 0;
    while (endless.state() == "at_work" && ++answered < 1100)
        endless.hear("x");
    CHECK(endless.said() == texts{"error: skill.journal_full"});
}

TEST_CASE("a ninth skill does not run") {
    std::string states;
    for (int i = 0; i < 9; ++i)
        states += (i ? "," : "") + ("\"s" + std::to_string(i)) + R"(": {"invoke": {"src": "skill:resting"}})";
    auto machine =
        running_machine::load(R"({"id": "m", "version": 1, "initial": "calm", "states": {"calm": {"on":
        {"go": "all"}}, "all": {"type": "parallel", "states": {)" +
                              states + "}}}}");
    auto calm = start(machine, {}).next;
    auto made = step(machine, calm, {"go"}, {});
    REQUIRE(made.error);
    CHECK(made.error->code == "machine.too_many_skills");
}
