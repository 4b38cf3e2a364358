#include "service/replay/cut_everywhere.hpp"

#include "persistence/task_group.hpp"
#include "service/replay/cutting_client.hpp"
#include "service/replay/retell.hpp"
#include "service/replay/stage.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace rejoinder::service {
namespace {

constexpr std::size_t at_a_time = 8;

/// One story, and all places where it is cut.
class rehearsal {
public:
    rehearsal(environment& env, const story& what, const statemachine::definition& machine,
              std::function<void(std::size_t, std::size_t)> on_progress, std::uint64_t seed)
        : env_(env),
          story_(what),
          machine_(machine),
          on_progress_(std::move(on_progress)),
          seed_(seed),
          tasks_(env.get_executor(), [this](std::exception_ptr error) { failure_ = error; }) {}

    task<cut_report> run() {
        cut_plan uncut;
        auto playing = play(&uncut);
        auto whole = co_await std::move(playing);
        report_.frames = uncut.passed;
        report_.problem = std::move(whole.problem);
        if (!report_.problem.empty()) co_return std::move(report_);
        expected_ = std::move(whole.events);
        for (std::size_t i = 0; i < std::min(at_a_time, report_.frames); ++i)
            tasks_.spawn(play_on());
        co_await tasks_.join();
        if (failure_) std::rethrow_exception(failure_);
        co_return std::move(report_);
    }

private:
    task<> play_on() {
        while (next_ <= report_.frames && report_.passed() && !failure_) {
            cut_plan plan;
            plan.after = next_++;
            auto playing = play(&plan);
            auto told = co_await std::move(playing);
            judge(plan.after, told);
            ++report_.cuts;
            if (on_progress_) on_progress_(report_.cuts, report_.frames);
        }
    }

    /// Of several places that are wrong the first one is told.
    void judge(std::size_t place, const retelling& told) {
        auto differs = compare_events(expected_, told.events);
        bool wrong = differs || !told.problem.empty();
        if (!wrong || (!report_.passed() && report_.place < place)) return;
        report_.place = place;
        report_.problem = told.problem;
        report_.differs = std::move(differs);
    }

    task<retelling> play(cut_plan* plan) {
        retelling told;
        auto opened = stage::open(env_, machine_, seed_);
        if (!opened) {
            told.problem = "no server can be had: " + opened.error().message();
            co_return told;
        }
        auto& server = **opened;
        task_group cuts(env_.get_executor(), [this](std::exception_ptr error) { failure_ = error; });
        retelling_options options;
        options.server.url = server.url();
        options.server.dial = dial_and_cut(env_, *plan, cuts);
        auto telling = retell(&env_, &story_, std::move(options));
        told = co_await std::move(telling);
        co_await cuts.join();
        co_await server.close();
        co_return told;
    }

    environment& env_;
    const story& story_;
    const statemachine::definition& machine_;
    std::function<void(std::size_t, std::size_t)> on_progress_;
    std::uint64_t seed_;
    cut_report report_;
    std::vector<json> expected_;
    std::size_t next_ = 1;
    std::exception_ptr failure_;
    task_group tasks_;
};

} // namespace

task<cut_report> cut_everywhere(environment* env, const story* what, const statemachine::definition* machine,
                                std::function<void(std::size_t done, std::size_t total)> on_progress,
                                std::uint64_t seed) {
    rehearsal one(*env, *what, *machine, std::move(on_progress), seed);
    auto running = one.run();
    co_return co_await std::move(running);
}

} // namespace rejoinder::service
