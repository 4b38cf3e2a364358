#include "service/replay/replay.hpp"

#include "persistence/mailbox.hpp"
#include "persistence/task_group.hpp"
#include "service/replay/opus_page.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

namespace rejoinder::service {
namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

/// What the turns of one run share.
struct stage {
    environment& env;
    pacing pace;
    steady_time began;  // the run
    milliseconds first; // the recorded moment that this was
    signal moved;       // a turn has sent a frame or ended

    steady_time moment(milliseconds recorded) const {
        return scaled(began, first, recorded, pace.speed.value_or(1));
    }
};

/// Plays one turn on its connection: sends its frames when their time has come and keeps what comes back.
class player {
public:
    player(stage& on, const recorded_turn& turn, received_turn& received, turn_progress& progress,
           std::unique_ptr<websocket::client> peer)
        : on_(on),
          turn_(turn),
          received_(received),
          progress_(progress),
          peer_(std::move(peer)),
          opened_(on.env.steady_now()) {}

    task<> play();

private:
    task<> wait_for_frame(std::size_t frame);
    task<> collect(steady_time until, std::size_t enough);
    task<> finish();
    void send(const recorded_frame& frame);

    stage& on_;
    const recorded_turn& turn_;
    received_turn& received_;
    turn_progress& progress_;
    std::unique_ptr<websocket::client> peer_;
    steady_time opened_;
};

task<> player::play() {
    for (std::size_t i = 0; i < turn_.frames.size() && !peer_->closed_with(); ++i) {
        co_await wait_for_frame(i);
        if (!peer_->closed_with()) send(turn_.frames[i]);
    }
    if (progress_.sent < turn_.frames.size())
        received_.failure = "the server closed the connection before the turn's end";
    if (turn_.end == turn_end::cut)
        co_await peer_->cut();
    else
        co_await finish();
}

/// Until the frame may leave: its moment, and the replies that were recorded before it.
task<> player::wait_for_frame(std::size_t frame) {
    if (on_.pace.speed) {
        co_await collect(on_.moment(turn_.frames[frame].at), any_number);
        co_return;
    }
    auto due = on_.env.steady_now() + gap_before(turn_, frame, on_.pace);
    co_await collect(on_.env.steady_now() + on_.pace.patience, replies_before(turn_, frame));
    co_await collect(due, any_number);
}

/// Takes what comes until there are `enough` replies in all, the time is over, or the connection is.
task<> player::collect(steady_time until, std::size_t enough) {
    while (received_.replies.size() < enough) {
        auto left = until - on_.env.steady_now();
        if (left <= milliseconds::zero()) co_return;
        auto text = co_await peer_->receive(left);
        if (!text) co_return;
        auto parsed = parse_json(*text);
        if (parsed.error) received_.failure = "a reply is no JSON: " + parsed.error->message;
        received_.replies.push_back(
            {on_.env.steady_now() - opened_, progress_.sent, std::move(parsed.value)});
    }
}

/// The replies that are still to come, and a while for those that should not.
task<> player::finish() {
    co_await collect(on_.env.steady_now() + on_.pace.patience, replies_before(turn_, turn_.frames.size()));
    co_await collect(on_.env.steady_now() + on_.pace.settle, any_number);
    co_await peer_->close();
}

void player::send(const recorded_frame& frame) {
    received_.sent.push_back(on_.env.steady_now() - opened_);
    if (frame.is_text())
        peer_->send(std::get<std::string>(frame.content));
    else
        peer_->send_binary(audio_of(std::get<std::size_t>(frame.content)));
    ++progress_.sent;
    on_.moved.notify();
}

/// One run over a recording: opens the turns in order, each as a task, and lives until all have ended.
class replayer {
public:
    replayer(environment& env, recording what, replay_options options)
        : what_(std::move(what)),
          options_(std::move(options)),
          progress_(what_.turns.size()),
          received_(what_.turns.size()),
          stage_{env, options_.pace, env.steady_now(), first_moment(), {}},
          players_(env.get_executor(), [this](std::exception_ptr problem) { problem_ = problem; }) {}

    task<replay_report> run();

private:
    milliseconds first_moment() const {
        return what_.turns.empty() ? milliseconds(0) : what_.turns.front().opened;
    }
    task<> until_may_open(std::size_t index);
    task<> play(std::size_t index);
    replay_report report();

    recording what_;
    replay_options options_;
    std::vector<turn_progress> progress_;
    std::vector<received_turn> received_;
    std::size_t done_ = 0;
    std::exception_ptr problem_;
    stage stage_;
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
    if (!stage_.pace.speed) {
        while (!may_open(what_.turns, index, progress_))
            co_await stage_.moved.wait();
        co_return;
    }
    signal rung;
    timer alarm(stage_.env);
    alarm.arm(stage_.moment(what_.turns[index].opened), [&rung] { rung.notify(); });
    co_await rung.wait();
}

task<> replayer::play(std::size_t index) {
    auto dialling = options_.dial(what_.turns[index]);
    auto connected = co_await std::move(dialling);
    if (connected) {
        player turn(stage_, what_.turns[index], received_[index], progress_[index], std::move(*connected));
        co_await turn.play();
    } else {
        received_[index].failure = "no connection: " + connected.error().message();
    }
    progress_[index].ended = true;
    if (options_.on_progress) options_.on_progress(++done_, what_.turns.size());
    stage_.moved.notify();
}

replay_report replayer::report() {
    replay_report made;
    made.verdicts.reserve(what_.turns.size());
    for (std::size_t i = 0; i < what_.turns.size(); ++i)
        made.verdicts.push_back(compare_turn(what_.turns[i], received_[i]));
    made.received = std::move(received_);
    made.stale = excuse(made.verdicts, options_.expected);
    return made;
}

/// Keeps the run alive while it runs.
task<replay_report> run_owned(std::unique_ptr<replayer> owned) {
    co_return co_await owned->run();
}

} // namespace

task<replay_report> run_replay(environment& env, recording what, replay_options options) {
    return run_owned(std::make_unique<replayer>(env, std::move(what), std::move(options)));
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
