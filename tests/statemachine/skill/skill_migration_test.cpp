// Skills that run while their machine goes over to another version.

#include "statemachine/migration.hpp"
#include "tests/statemachine/skill/skill_scene.hpp"

using namespace rejoinder;
using namespace rejoinder::statemachine;
using namespace std::chrono_literals;
using rejoinder::tests::running_machine;

namespace {

using texts = std::vector<std::string>;

skill_task patient(skill_context& skill) {
    skill_question question{"Who is there?"};
    question.patience = 5s;
    auto said = co_await skill.ask(std::move(question));
    co_return said.is_silence() ? "nobody" : said.text;
}

skill_task asking(skill_context& skill) {
    auto mind = co_await skill.call("responder", {{"say", "why?"}});
    co_return mind ? mind.data : json(mind.code);
}

const bool installed_here = [] {
    auto plain = [](const char* name, skill_task (*run)(skill_context&)) {
        return skill{name, 1, run, {}, on_divergence::fail, {}};
    };
    install({{}, {}, {plain("migrated-patient", patient), plain("migrated-asking", asking)}});
    return true;
}();

/// A machine whose state of that name is at work, with steps from version 1.
std::string document(int version, const std::string& state, const std::string& skill,
                     const std::string& migration = "") {
    return R"({"id": "m", "version": )" + std::to_string(version) + R"(, "initial": ")" + state +
           R"(", "states": {")" + state + R"(": {"invoke": {"src": "skill:)" + skill + R"(",
                "onDone": {"target": "rest", "actions": {"type": "say", "params": {"text": "done: {{ event.output }}"}}},
                "onError": "rest"}}, "rest": {"on": {"again": ")" +
           state + R"("}}})" +
           (migration.empty() ? "" : R"(, "migrations": [{"from": 1, "to": 2, )" + migration + "}]") + "}";
}

migrated_machine take_over(const running_machine& from, const std::string& to,
                           std::vector<running_actor> actors = {}) {
    auto text = serialise(from.machine(), from.now);
    auto machine = running_machine::load(to);
    auto made = migrate(machine, {1, text, std::move(actors)}, from.inputs.now, from.inputs.now);
    if (auto* why = std::get_if<std::string>(&made)) FAIL(*why);
    auto& next = std::get<migrated_machine>(made);
    CHECK(restore(machine, serialise(machine, next.next)));
    return std::move(next);
}

running_machine going_on(const running_machine& from, const std::string& to, snapshot with) {
    running_machine now(to);
    now.inputs.now = from.inputs.now;
    now.now = std::move(with);
    now.store_and_load();
    return now;
}

} // namespace

TEST_CASE("a skill goes on from its journal when its state is renamed, with the time that it waits") {
    running_machine old(document(1, "work", "migrated-patient"));
    old.pass(2s);
    auto to = document(2, "toil", "migrated-patient", R"("rename": {"work": "toil"})");
    auto made = take_over(old, to);
    CHECK(made.beginning.empty());
    REQUIRE(made.next.skills.size() == 1);
    CHECK(made.next.skills[0].actor == "0.m.toil");
    SECTION("it is answered") {
        CHECK(going_on(old, to, made.next).hear("Ada").said() == texts{"done: Ada"});
    }
    SECTION("nobody answers") {
        auto now = going_on(old, to, made.next);
        CHECK(now.pass(2999ms).state() == "toil");
        CHECK(now.pass(1ms).said() == texts{"done: nobody"});
    }
}

TEST_CASE("what a skill waits for outside goes on under its new name, and ends with its state") {
    running_machine old(document(1, "work", "migrated-asking"));
    REQUIRE(old.last.effects.size() == 1);
    auto call = old.last.effects[0].name;
    auto renamed = document(2, "toil", "migrated-asking", R"("rename": {"work": "toil"})");
    auto made = take_over(old, renamed, {{call, "responder"}});
    REQUIRE(made.actors.size() == 1);
    auto now = going_on(old, renamed, made.next);
    CHECK(now.send("xstate.done.actor." + made.actors[0], {{"output", "so"}}).said() == texts{"done: so"});

    auto dropped = take_over(old, document(2, "toil", "migrated-asking", R"("drop": {"work": "rest"})"),
                             {{call, "responder"}});
    CHECK(dropped.actors == texts{""});
    CHECK(dropped.next.skills.empty());
}

TEST_CASE("a skill that another one replaces ends, and the other begins") {
    running_machine old(document(1, "work", "migrated-patient"));
    auto to = document(2, "toil", "migrated-asking", R"("rename": {"work": "toil"})");
    auto made = take_over(old, to);
    CHECK(made.next.skills.empty());
    CHECK(made.next.timers.empty());
    CHECK(made.beginning == texts{"0.m.toil"});
    running_machine now(to);
    auto begun = begin_actors(now.machine(), made.next, made.beginning, now.inputs);
    REQUIRE_FALSE(begun.error);
    REQUIRE(begun.effects.size() == 1);
    CHECK(begun.effects[0].data["src"] == "responder");
    CHECK(begun.next.skills.size() == 1);
}
