// What a step of the interpreter costs on a machine of 50 states, beside XState's on Node when its figure is
// at hand; what a skill costs while it runs, and how long it takes to bring one back.

#include "persistence/json.hpp"
#include "service/load/process_usage.hpp"
#include "statemachine/interpreter.hpp"
#include "statemachine/library.hpp"
#include "statemachine/skill/skill_context.hpp"
#include "tests/bench/end_of.hpp"
#include "tests/bench/time_of.hpp"
#include "tests/support/source_folder.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace rejoinder::bench {
namespace {

using namespace statemachine;

std::string read_file(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw std::runtime_error(name + " can't be read");
    return text.str();
}

definition load(const std::string& text) {
    auto loaded = load_definition_text(text);
    if (!loaded.machine) throw std::runtime_error(loaded.problems.at(0).message);
    return *loaded.machine;
}

/// Five moves and a word, as xstate.mjs plays them.
class walk {
public:
    explicit walk(const definition& machine) : machine_(machine), now_(start(machine, inputs_).next) {}

    void go_on() {
        bool moves = ++steps_ % 6 != 0;
        auto made = step(machine_, std::move(now_), moves ? move_ : note_, inputs_);
        if (made.error || !made.handled) throw std::runtime_error("the machine has not gone on");
        now_ = std::move(made.next);
    }
    const snapshot& now() const { return now_; }

private:
    const definition& machine_;
    step_inputs inputs_;
    snapshot now_;
    std::uint64_t steps_ = 0;
    event move_{"next"};
    event note_{"note", {{"text", "Tell me something about the weather."}}};
};

skill_task interview(skill_context& skill) {
    for (int i = 0; i < 100; ++i)
        co_await skill.ask("Question " + std::to_string(i) + '?');
    co_return nullptr;
}

const char* const interviewing = R"({"id": "m", "version": 1, "initial": "at_work", "states": {"at_work": {
    "invoke": {"src": "skill:interview", "id": "it"}}}})";

snapshot hear(const definition& machine, const snapshot& from, const std::string& text) {
    auto made = step(machine, from, {"turn.text", {{"text", text}}}, {});
    if (made.error) throw std::runtime_error(made.error->message);
    return std::move(made.next);
}

snapshot interviewed(const definition& machine, int answers) {
    auto now = start(machine, {}).next;
    for (int i = 0; i < answers; ++i)
        now = hear(machine, now, "That is my answer to it");
    return now;
}

json measure_steps() {
    auto machine = load(read_file(tests::source_folder() + "/tests/bench/fifty_states.json"));
    walk one(machine);
    auto alone = time_of(200'000, [&] { one.go_on(); });
    std::size_t bytes = 0;
    auto stored = time_of(50'000, [&] {
        one.go_on();
        bytes += serialise(machine, one.now()).size();
    });
    return {{"steps_per_second", 1 / alone}, {"stored_steps_per_second", 1 / stored}, {"bytes", bytes > 0}};
}

json measure_skill() {
    auto machine = load(interviewing);
    auto text = serialise(machine, interviewed(machine, 99));
    auto read = time_of(200, [&] { restore(machine, text).value(); });
    auto asleep = restore(machine, text).value();
    // The last answer needs the code, which is run again through the hundred steps.
    auto rebuilt = time_of(200, [&] { hear(machine, asleep, "the last one"); });
    auto awake = interviewed(machine, 50);
    auto running = time_of(2000, [&] { interviewed(machine, 1); });

    constexpr std::size_t sessions = 10'000;
    std::vector<snapshot> live;
    live.reserve(sessions);
    auto before = service::load::read_usage(getpid()).resident_kib;
    for (std::size_t i = 0; i < sessions; ++i)
        live.push_back(interviewed(machine, 10));
    auto with_code = service::load::read_usage(getpid()).resident_kib;
    for (auto& one : live)
        for (auto& skill : one.skills)
            skill.frame.reset();
    return {{"restore_us", read * 1e6},
            {"rebuild_100_steps_us", rebuilt * 1e6},
            {"first_two_steps_us", running * 1e6},
            {"live_kib", (with_code - before) / sessions},
            {"awake", !awake.skills.empty()}};
}

void print(const json& steps, const json& skill, double of_xstate) {
    std::printf("| | steps/s | |\n|---|---|---|\n");
    std::printf("| interpreter | %.0f | |\n", steps["steps_per_second"].get<double>());
    std::printf("| interpreter, and the snapshot as text | %.0f | |\n",
                steps["stored_steps_per_second"].get<double>());
    if (of_xstate > 0)
        std::printf("| XState on Node | %.0f | the interpreter is %.1f times as fast |\n", of_xstate,
                    steps["steps_per_second"].get<double>() / of_xstate);
    std::printf("\n| a skill | |\n|---|---|\n");
    std::printf("| brought back with a journal of 100 steps | %.0f us |\n",
                skill["rebuild_100_steps_us"].get<double>());
    std::printf("| its snapshot read | %.0f us |\n", skill["restore_us"].get<double>());
    std::printf("| memory of a session that runs one, after 10 answers | %.2f KiB |\n",
                skill["live_kib"].get<double>());
}

int run(int argc, char** argv) {
    CLI::App app("what machines and skills cost");
    std::string xstate;
    bool as_json = false;
    app.add_option("--xstate", xstate, "what tests/bench/xstate.mjs has printed")->type_name("FILE");
    app.add_flag("--json", as_json, "print JSON");
    CLI11_PARSE(app, argc, argv);
    install({{}, {}, {skill{"interview", 1, interview, {}, on_divergence::fail, {}}}});
    auto of_xstate =
        xstate.empty() ? 0.0 : json::parse(read_file(xstate)).at("steps_per_second").get<double>();
    auto steps = measure_steps();
    auto skill = measure_skill();
    if (as_json)
        std::printf("%s\n", json{{"machine", steps}, {"skill", skill}, {"xstate", of_xstate}}.dump().c_str());
    else
        print(steps, skill, of_xstate);
    return 0;
}

} // namespace
} // namespace rejoinder::bench

int main(int argc, char** argv) {
    return rejoinder::bench::end_of("machine_bench", [&] { return rejoinder::bench::run(argc, argv); });
}
