#include "service/replay/replay.hpp"

#include "persistence/mailbox.hpp"
#include "persistence/task_group.hpp"
#include "service/replay/opus_page.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace rejoinder::service {
namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

task<> wait_until(environment& env, steady_time due) {
    signal rung(env.get_executor());
    timer alarm(env);
    alarm.arm(due, [&] { rung.notify(); });
    co_await rung.wait();
}

/// One run over a recording. It opens the turns in order, each as a task, and lives until all have ended.
class replayer {
public:
    replayer(environment& env, recording what, replay_options options)
        : env_(env),
          what_(std::move(what)),
          options_(std::move(options)),
          progress_(what_.turns.size()),
          received_(what_.turns.size()),
          start_(env.steady_now()),
          moved_(env.get_executor()),
          players_(env.get_executor(), [this](std::exception_ptr problem) { problem_ = problem; }) {}

    task<replay_report> run();

private:
    /// A turn while it is played.
    struct stage {
        const recorded_turn& turn;
        received_turn& received;
        turn_progress& progress;
        steady_time opened;
        std::unique_ptr<websocket::client> peer;
    };

    task<> until_may_open(std::size_t index);
    task<> play(std::size_t index);
    task<> converse(stage& on);
    task<> wait_for_turn_of(stage& on, std::size_t frame);
    task<> collect(stage& on, steady_time until, std::size_t enough);
    void send(stage& on, const recorded_frame& frame);
    void ended(std::size_t index);
    replay_report report();

    environment& env_;
    recording what_;
    replay_options options_;
    std::vector<turn_progress> progress_;
    std::vector<received_turn> received_;
    steady_time start_;
    std::size_t done_ = 0;
    signal moved_; // a turn has sent a frame or ended
    std::exception_ptr problem_;
    task_group players_;
};

task<replay_report> replayer::run() {
    for (std::size_t i = 0; i < what_.turns.size(); ++i) {
        co_await until_may_open(i);
        players_.spawn(play(i));
    }
    co_await players_.join();
    if (problem_) std::rethrow_exception(problem_);
    co_return report();
}

task<> replayer::until_may_open(std::size_t index) {
    if (options_.pace.speed) {
        auto due = scaled(start_, what_.turns[0].opened, what_.turns[index].opened, *options_.pace.speed);
        co_await wait_until(env_, due);
        co_return;
    }
    while (!may_open(what_.turns, index, progress_))
        co_await moved_.wait();
}

task<> replayer::play(std::size_t index) {
    auto dialling = options_.dial(what_.turns[index]);
    auto connected = co_await std::move(dialling);
    if (connected) {
        stage on{what_.turns[index], received_[index], progress_[index], env_.steady_now(),
                 std::move(*connected)};
        co_await converse(on);
    } else {
        received_[index].failure = "no connection: " + connected.error().message();
    }
    ended(index);
}

task<> replayer::converse(stage& on) {
    const auto frames = on.turn.frames.size();
    for (std::size_t i = 0; i < frames && !on.peer->closed_with(); ++i) {
        co_await wait_for_turn_of(on, i);
        send(on, on.turn.frames[i]);
    }
    if (on.turn.end == turn_end::cut) {
        co_await on.peer->cut();
        co_return;
    }
    co_await collect(on, env_.steady_now() + options_.pace.patience, replies_before(on.turn, frames));
    co_await collect(on, env_.steady_now() + options_.pace.settle, any_number);
    if (on.progress.sent < frames)
        on.received.failure = "the server closed the connection before the turn's end";
    co_await on.peer->close();
}

/// Until frame `frame` may leave: its moment, and the replies that were recorded before it.
task<> replayer::wait_for_turn_of(stage& on, std::size_t frame) {
    const auto& pace = options_.pace;
    if (pace.speed) {
        auto due = scaled(start_, what_.turns[0].opened, on.turn.frames[frame].at, *pace.speed);
        co_await collect(on, due, any_number);
        co_return;
    }
    auto due = env_.steady_now() + gap_before(on.turn, frame, pace);
    co_await collect(on, env_.steady_now() + pace.patience, replies_before(on.turn, frame));
    co_await collect(on, due, any_number);
}

/// Takes what comes until there are `enough` replies in all, the time is over, or the connection is.
task<> replayer::collect(stage& on, steady_time until, std::size_t enough) {
    while (on.received.replies.size() < enough) {
        auto left = until - env_.steady_now();
        if (left <= milliseconds::zero()) co_return;
        auto text = co_await on.peer->receive(left);
        if (!text) co_return;
        auto parsed = parse_json(*text);
        if (!parsed) on.received.failure = "a reply is no JSON: " + parsed.error->message;
        on.received.replies.push_back(
            {env_.steady_now() - on.opened, on.progress.sent, std::move(parsed.value)});
    }
}

void replayer::send(stage& on, const recorded_frame& frame) {
    on.received.sent.push_back(env_.steady_now() - on.opened);
    if (frame.is_text())
        on.peer->send(std::get<std::string>(frame.content));
    else
        on.peer->send_binary(audio_of(std::get<std::size_t>(frame.content)));
    ++on.progress.sent;
    moved_.notify();
}

void replayer::ended(std::size_t index) {
    progress_[index].ended = true;
    ++done_;
    if (options_.on_progress) options_.on_progress(done_, what_.turns.size());
    moved_.notify();
}

replay_report replayer::report() {
    replay_report made;
    for (std::size_t i = 0; i < what_.turns.size(); ++i)
        made.verdicts.push_back(compare_turn(what_.turns[i], received_[i]));
    made.received = std::move(received_);
    made.stale = excuse(made.verdicts, options_.expected);
    return made;
}

} // namespace

task<replay_report> run_replay(environment& env, recording what, replay_options options) {
    replayer run(env, std::move(what), std::move(options));
    co_return co_await run.run();
}

bool replay_report::passed() const noexcept {
    auto differs = [](const turn_verdict& verdict) { return verdict.result == standing::differs; };
    return stale.empty() && std::ranges::none_of(verdicts, differs);
}

std::vector<std::string> replay_report::lines() const {
    std::vector<std::string> lines;
    std::vector<milliseconds> delays;
    for (const auto& verdict : verdicts) {
        if (verdict.result == standing::differs || verdict.result == standing::on_purpose)
            lines.push_back(describe(verdict));
        if (verdict.speech_delay) delays.push_back(*verdict.speech_delay);
    }
    lines.insert(lines.end(), stale.begin(), stale.end());
    if (!delays.empty()) {
        auto [least, most] = std::ranges::minmax(delays);
        lines.push_back("speech and redirects came " + std::to_string(least.count()) + " to " +
                        std::to_string(most.count()) + " ms after LISTEN");
    }
    lines.push_back(summarise(verdicts));
    return lines;
}

} // namespace rejoinder::service
