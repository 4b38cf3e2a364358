#include "statemachine/skill/journal.hpp"
#include "statemachine/skill/skill_frame.hpp"
#include "tests/statemachine/skill/skill_scene.hpp"

using namespace rejoinder;
using namespace rejoinder::statemachine;
using namespace std::chrono_literals;
using rejoinder::tests::machine_of;
using rejoinder::tests::play;
using rejoinder::tests::running_machine;
using rejoinder::tests::says;
using rejoinder::tests::told;
using rejoinder::tests::waits;

namespace {

using texts = std::vector<std::string>;

/// Uses everything that a journal keeps.
skill_task thorough(skill_context& skill) {
    auto lucky = skill.draw(1000);
    auto known = skill.read("/user/name");
    skill.say("You are " + (known.is_string() ? known.get<std::string>() : "new") + ", number " +
              std::to_string(lucky));
    auto said = co_await skill.ask("What now?");
    skill.remember("last", said.text);
    skill.notice("progress", {{"at", to_unix(skill.now())}});
    co_await skill.pause(10min);
    auto lamp = co_await skill.tool("lamp", {{"text", said.text}});
    skill_question slow{"And now?"};
    slow.patience = 1min;
    auto late = co_await skill.ask(std::move(slow));
    auto answer = co_await skill.call("responder", {{"say", late.is_silence() ? "?" : late.text}});
    auto news = co_await skill.next_event({"news"}, 1h);
    auto more = co_await skill.ask_yes_no("Once more?");
    skill.forget("last");
    co_return json{lamp.data, answer.code, news.data, static_cast<int>(more), skill.draw(1000)};
}

const std::vector<told> thorough_story{
    says("go"),
    waits(9min),
    waits(2min),
    {"nothing.of.interest", {}, {}},
    {"tool.lamp.done", {{"data", {{"lit", true}}}, {"skill", "skill.1.9"}}, {}},
    waits(2min),
    {"xstate.error.actor.skill.1.11", {{"error", {{"code", "timeout"}}}}, {}},
    {"news", {{"text", "rain"}}, {}},
    says("yes")};

// The program that was installed instead of the one that ran: the same name, other code.
std::string second_question = "Second?";
bool goes_on = true;

skill_task changing(skill_context& skill) {
    co_await skill.ask("First?");
    if (!goes_on) co_return "early";
    auto second = co_await skill.ask(second_question);
    co_return second.text;
}

skill_task branching(skill_context& skill) {
    co_await skill.ask("First?");
    if (skill.version() >= 2) co_await skill.ask("Between?");
    auto second = co_await skill.ask("Second?");
    co_return "version " + std::to_string(skill.version()) + ": " + second.text;
}

skill_task pinned_first(skill_context& skill) {
    co_await skill.ask("Old?");
    co_await skill.ask("Old again?");
    co_return "old";
}

skill_task pinned_second(skill_context& skill) {
    co_await skill.ask("New?");
    co_return "new";
}

skill_task talkative(skill_context& skill) {
    for (int i = 0;; ++i)
        co_await skill.ask("Question " + std::to_string(i) + '?');
}

skill_task long_one(skill_context& skill) {
    int asked = 0;
    for (; asked < 100; ++asked)
        co_await skill.ask("Question " + std::to_string(asked) + '?');
    co_return asked;
}

const bool installed_here = [] {
    using enum on_divergence;
    install({{},
             {},
             {skill{"thorough", 1, thorough, {"/user/name"}, fail, {}},
              skill{"changing", 1, changing, {}, fail, {}},
              skill{"changing_restarts", 1, changing, {}, restart, {}},
              skill{"branching", 2, branching, {}, fail, {}}, skill{"pinned", 1, pinned_first, {}, pin, {}},
              skill{"pinned", 2, pinned_second, {}, pin, {}}, skill{"talkative", 1, talkative, {}, fail, {}},
              skill{"long_one", 1, long_one, {}, fail, {}}}});
    return true;
}();

/// What a program of another version has stored.
void store_as(running_machine& machine, std::int64_t version) {
    auto stored = json::parse(serialise(machine.machine(), machine.now));
    stored["skills"][0]["version"] = version;
    auto restored = restore(machine.machine(), stored.dump());
    REQUIRE(restored);
    machine.now = *restored;
}

} // namespace

TEST_CASE("a skill that is killed at any of its waits, or at all of them, goes on as if it had not been") {
    json outside{{"user", {{"name", "Ada"}}}};
    auto whole = play(machine_of("thorough"), thorough_story, -1, outside);
    REQUIRE(whole.back() == "at rest");
    for (int at = 0; at < static_cast<int>(thorough_story.size()); ++at) {
        INFO("killed before event " << at);
        CHECK(play(machine_of("thorough"), thorough_story, at, outside) == whole);
    }
    CHECK(play(machine_of("thorough"), thorough_story, -2, outside) == whole);
}

TEST_CASE("a step that was thrown away leaves no trace in the skill") {
    running_machine machine(machine_of("thorough"));
    machine.hear("go");
    auto before = machine.now;
    auto stored = serialise(machine.machine(), before);
    machine.pass(10min);
    auto once = machine.last.effects;
    auto once_next = serialise(machine.machine(), machine.now);
    // The commit has failed: the session goes on from the snapshot that it had, whose frame is ahead.
    machine.now = before;
    CHECK(serialise(machine.machine(), machine.now) == stored);
    machine.fire(machine.now.timers.at(0).id);
    REQUIRE(machine.last.effects.size() == once.size());
    CHECK(machine.last.effects.at(0).data == once.at(0).data);
    CHECK(serialise(machine.machine(), machine.now) == once_next);
}

TEST_CASE("a skill with other code fails with both steps, and goes on once its own code is back") {
    second_question = "Second?";
    running_machine machine(machine_of("changing"));
    machine.hear("x").store_and_load();
    second_question = "Something else?";
    machine.hear("y");
    CHECK(machine.said() == texts{"error: skill.diverged"});

    running_machine unheard(R"({"id": "m", "version": 1, "invoke": {"src": "skill:changing", "id": "it"},
        "initial": "a", "states": {"a": {}}})");
    second_question = "Second?";
    unheard.hear("x").store_and_load();
    second_question = "Something else?";
    unheard.hear("y");
    REQUIRE(unheard.last.error);
    CHECK(unheard.last.error->code == "skill.diverged");
    CHECK(unheard.last.error->message == "The skill 'changing' does not do again what it did: instead of "
                                         "'ask Second?' comes 'ask Something else?'.");
    second_question = "Second?";
    unheard.store_and_load().hear("y");
    CHECK_FALSE(unheard.last.error);
    CHECK(unheard.now.skills.empty());
}

TEST_CASE("a skill that ends before its journal does has diverged") {
    running_machine machine(machine_of("changing"));
    machine.hear("x").store_and_load();
    goes_on = false;
    machine.hear("y");
    goes_on = true;
    CHECK(machine.said() == texts{"error: skill.diverged"});
}

TEST_CASE("a skill may begin anew where it has diverged, and the machine hears of it") {
    running_machine machine(machine_of("changing_restarts"));
    machine.hear("x").store_and_load();
    second_question = "Something else?";
    machine.hear("y");
    CHECK(machine.said() == texts{"instead of ask Second? comes ask Something else?", "First?"});
    CHECK(machine.hear("x").said() == texts{"Something else?"});
    second_question = "Second?";
    CHECK(machine.hear("z").said() == texts{"done: z"});
}

TEST_CASE("newer code goes the old way for a run of an older version") {
    running_machine machine(machine_of("branching"));
    store_as(machine, 1);
    CHECK(machine.hear("x").said() == texts{"Second?"});
    CHECK(machine.hear("y").said() == texts{"done: version 1: y"});
    machine.send("again").hear("x");
    CHECK(machine.said() == texts{"Between?"});
}

TEST_CASE("a pinned run stays with its version's code, and fails where that is not installed") {
    running_machine machine(machine_of("pinned"));
    CHECK(machine.said() == texts{"New?"});
    auto stored = json::parse(serialise(machine.machine(), machine.now));
    stored["skills"][0]["version"] = 1;
    stored["skills"][0]["steps"] = json::parse(R"([["ask Old?"]])");
    machine.now = restore(machine.machine(), stored.dump()).value();
    CHECK(machine.hear("x").said() == texts{"Old again?"});
    CHECK(machine.store_and_load().hear("x").said() == texts{"done: old"});

    stored["skills"][0]["version"] = 7;
    machine.now = restore(machine.machine(), stored.dump()).value();
    CHECK(machine.hear("x").said() == texts{"error: skill.version"});
}

TEST_CASE("what came to nothing while the skill could not go on is told before anything else") {
    auto nothing_is_open = [](const std::string&) { return false; };
    running_machine machine(machine_of("thorough"));
    machine.hear("go");
    auto timer = machine.now.timers.at(0).id;
    machine.now.timers.clear();
    lose_closed_work(machine.now, timer, nothing_is_open);
    machine.store_and_load().send("anything");
    REQUIRE(machine.last.effects.size() == 1);
    CHECK(machine.last.effects[0].what == effect::kind::tool);
    CHECK_FALSE(machine.now.skills.at(0).lost);

    lose_closed_work(machine.now, "", nothing_is_open);
    CHECK(machine.now.skills.at(0).lost);
    machine.hear("an answer to what is not yet asked");
    CHECK(machine.said() == texts{"And now?"});
}

TEST_CASE("a journal takes 1000 steps and 64 KiB, and a skill that needs more fails") {
    running_machine steps(machine_of("talkative"));
    int answered = 0;
    while (steps.state() == "at_work" && answered < 2000) {
        steps.hear("x");
        ++answered;
    }
    CHECK(steps.said() == texts{"error: skill.journal_full"});
    CHECK(answered == static_cast<int>(journal::max_steps));

    running_machine bytes(machine_of("talkative"));
    int long_answers = 0;
    while (bytes.state() == "at_work" && long_answers < 100) {
        bytes.hear(std::string(4000, 'x'));
        ++long_answers;
    }
    CHECK(bytes.said() == texts{"error: skill.journal_full"});
    CHECK(long_answers == static_cast<int>(journal::max_bytes / 4000) + 1);
}

TEST_CASE("a step is named by its kind and its details, long ones by a digest that tells them apart") {
    CHECK(name_step("now", "") == "now");
    CHECK(name_step("ask", "First?") == "ask First?");
    auto text = std::string(60, 'a');
    CHECK(name_step("say", text + "1").size() < 50);
    CHECK(name_step("say", text + "1") != name_step("say", text + "2"));
    auto umlauts =
        std::string(11, 'a') + "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4" + std::string(30, 'b');
    CHECK(parse_json(to_text(name_step("say", umlauts))));
}

TEST_CASE("a journal that is no journal is not taken for one") {
    auto good = json::parse(R"([["draw 5",3],["ask First?"]])");
    REQUIRE(journal::restore(good));
    CHECK(journal::restore(good)->serialise() == good.dump());
    for (const char* bad : {"null", "{}", "[1]", "[[]]", "[[1]]", R"([["a",1,2]])"})
        CHECK_FALSE(journal::restore(json::parse(bad)));
}

TEST_CASE("a snapshot with a skill that nobody can have left there is not restored") {
    running_machine machine(machine_of("thorough"));
    auto stored = json::parse(serialise(machine.machine(), machine.now));
    REQUIRE(restore(machine.machine(), stored.dump()));
    auto refuses = [&](const std::function<void(json&)>& change) {
        auto changed = stored;
        change(changed);
        return !restore(machine.machine(), changed.dump());
    };
    CHECK(refuses([](json& of) { of["skills"] = 1; }));
    CHECK(refuses([](json& of) { of["skills"][0]["skill"] = "pinned"; }));
    CHECK(refuses([](json& of) { of["skills"][0]["actor"] = "other"; }));
    CHECK(refuses([](json& of) { of["skills"][0]["version"] = 0; }));
    CHECK(refuses([](json& of) { of["skills"][0]["run"] = -1; }));
    CHECK(refuses([](json& of) { of["skill_runs"] = "many"; }));
    CHECK(refuses([](json& of) { of["skills"][0]["steps"] = json::array(); }));
    CHECK(refuses([](json& of) { of["skills"][0]["steps"] = json::parse(R"([["ask x",1]])"); }));
    CHECK(refuses([](json& of) { of["skills"].push_back(of["skills"][0]); }));
    CHECK(refuses([](json& of) { of["value"] = "rest"; }));
}

TEST_CASE("a skill with a hundred answers is brought back with all of them") {
    running_machine machine(machine_of("long_one"));
    for (int i = 0; i < 99; ++i)
        machine.hear("answer " + std::to_string(i));
    machine.store_and_load().hear("last");
    CHECK(machine.said() == texts{"done: 100"});
}
