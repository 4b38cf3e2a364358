#include "service/replay/replay.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"
#include "websocket/robot/replies.hpp"
#include "websocket/robot/transaction.hpp"

#include <deque>
#include <string>

using namespace rejoinder;
using namespace rejoinder::service;
using rejoinder::tests::manual_environment;

namespace robot = rejoinder::websocket::robot;

namespace {

task<> wait_for(environment& env, milliseconds time) {
    signal rung(env.get_executor());
    timer alarm(env);
    alarm.arm_after(time, [&] { rung.notify(); });
    co_await rung.wait();
}

/// How many robots are connected at once, and what they did.
struct house {
    std::size_t connections = 0;
    std::size_t most = 0;
    std::size_t cuts = 0;
    std::vector<std::string> opened;
    bool speak = true;
};

/// The server's end of one connection without sockets or sessions: text is answered by speech, a touch is
/// not.
class fake_server final : public websocket::client {
public:
    fake_server(environment& env, house& in)
        : env_(env), house_(in), transactions_("c", {}, env.steady_now()) {
        house_.most = std::max(house_.most, ++house_.connections);
    }
    ~fake_server() override { --house_.connections; }

    task<std::optional<std::string>> receive(milliseconds patience) override {
        auto until = env_.steady_now() + patience;
        while (true) {
            auto now = env_.steady_now();
            if (!due_.empty() && due_.front().first <= now) {
                auto text = std::move(due_.front().second);
                due_.pop_front();
                co_return text;
            }
            if (now >= until) co_return std::nullopt;
            auto next = due_.empty() ? until : std::min(until, due_.front().first);
            co_await wait_for(env_, next - now);
        }
    }
    void send(std::string text) override { act(transactions_.on_text(text, env_.steady_now())); }
    void send_binary(std::string bytes) override {
        act(transactions_.on_audio(bytes.size(), env_.steady_now()));
    }
    task<> close(websocket::close_code) override {
        end_.emplace();
        co_return;
    }
    task<> cut() override {
        ++house_.cuts;
        end_.emplace();
        co_return;
    }
    const std::optional<websocket::closed>& closed_with() const noexcept override { return end_; }

private:
    void act(const std::vector<robot::action>& actions) {
        for (const auto& action : actions) {
            auto* turn = std::get_if<robot::submit>(&action);
            if (!turn) continue;
            auto understood = turn->what.text.find("joke") == std::string::npos ? "chat" : "joke";
            robot::answered_turn answer{turn->what, understood, {}, env_.utc_now()};
            bool speaks = turn->what.kind == robot::input_kind::text || turn->what.intent == "guess";
            if (speaks && house_.speak) answer.shown.push_back({"say", {{"text", "Yes."}}});
            for (auto& frame : robot::make_batch(answer))
                due_.emplace_back(env_.steady_now() + frame.delay, to_text(frame.message));
        }
    }

    environment& env_;
    house& house_;
    robot::transactions transactions_;
    std::deque<std::pair<steady_time, std::string>> due_;
    std::optional<websocket::closed> end_;
};

task<result<std::unique_ptr<websocket::client>>> open(environment& env, house& in) {
    std::unique_ptr<websocket::client> made = std::make_unique<fake_server>(env, in);
    co_return made;
}

dialler fake_dialler(environment& env, house& in) {
    return [&](const recorded_turn& turn) {
        in.opened.push_back(turn.path + " " + turn.token);
        return open(env, in);
    };
}

recording load(const std::string& path) {
    auto outcome = load_recording(path);
    if (auto* wrong = std::get_if<recording_error>(&outcome)) FAIL(wrong->message);
    return std::get<recording>(std::move(outcome));
}

replay_report play(manual_environment& env, house& in, recording what, replay_options options = {}) {
    options.dial = fake_dialler(env, in);
    return env.run(run_replay(env, std::move(what), std::move(options)), std::chrono::hours(24));
}

} // namespace

TEST_CASE("a captured day is replayed, compared and summed up") {
    auto place = tests::captures_or_skip();
    if (!place) return;
    manual_environment env;
    house in;
    auto report = play(env, in, load(*place + "/robot-day-b.ndjson"));
    CHECK(report.passed());
    CHECK(report.lines().back() ==
          "38 same, 0 differ on purpose, 0 differ, 23 not compared (15 audio, 8 without recorded reply)");
    CHECK(report.lines().front() == "speech and redirects came 75 to 75 ms after LISTEN");
    CHECK(in.opened.front() == "/v1/listen token-1");
}

TEST_CASE("a day with overlapping sockets keeps its overlap, and its touches behind audio are compared") {
    auto place = tests::captures_or_skip();
    if (!place) return;
    manual_environment env;
    house in;
    auto report = play(env, in, load(*place + "/robot-day-a.ndjson"));
    CHECK(report.passed());
    CHECK(report.lines().back() ==
          "4 same, 0 differ on purpose, 0 differ, 98 not compared (69 audio, 29 without recorded reply)");
    CHECK(in.most >= 2);
}

TEST_CASE("every hand-made flow is right") {
    auto place = tests::captures_or_skip();
    if (!place) return;
    for (const auto& entry : std::filesystem::directory_iterator(*place + "/flows")) {
        manual_environment env;
        house in;
        auto report = play(env, in, load(entry.path().string()));
        INFO(entry.path() << ": " << describe(report.verdicts[0]));
        CHECK(report.passed());
    }
}

TEST_CASE("a server that says nothing makes a replay differ, unless there is a reason") {
    manual_environment env;
    house in;
    in.speak = false;
    auto what = std::get<recording>(
        read_recording("r", R"({"turn":1,"token":"a","socket":"listen","opened_ms":0,"inbound":[)"
                            R"({"at_ms":0,"text":{"type":"CLIENT_ASR","transID":"t","data":{"text":"hi"}}}],)"
                            R"("replies":[{"at_ms":1,"after":1,"types":["LISTEN","EOS","SKILL_ACTION"]}]})"));
    auto report = play(env, in, what);
    CHECK_FALSE(report.passed());
    CHECK(report.lines().front() == "turn 1: recorded LISTEN,EOS,SKILL_ACTION, ours LISTEN,EOS");

    replay_options options;
    options.expected = {{1, "LISTEN,EOS", "nobody is at home"}};
    CHECK(play(env, in, what, options).passed());
    options.expected.push_back({2, "LISTEN", "a turn that is gone"});
    CHECK_FALSE(play(env, in, what, options).passed());
}

TEST_CASE("a cut in a recording cuts the connection right behind its last frame") {
    manual_environment env;
    house in;
    auto before = env.steady_now();
    play(env, in,
         std::get<recording>(read_recording(
             "r",
             R"({"turn":1,"token":"a","socket":"listen","opened_ms":0,"ends":"cut","replies":[],"inbound":[)"
             R"({"at_ms":0,"text":{"type":"LISTEN","transID":"t","data":{}}}]})")));
    CHECK(in.cuts == 1);
    CHECK(env.steady_now() == before);
}

TEST_CASE("with a speed, frames and turns come at their recorded moments") {
    manual_environment env;
    house in;
    auto line = [](int turn, int opened) {
        auto at = std::to_string(opened + 400);
        return R"({"turn":)" + std::to_string(turn) + R"(,"token":"a","socket":"listen","opened_ms":)" +
               std::to_string(opened) + R"(,"replies":[],"inbound":[{"at_ms":)" + at +
               R"(,"text":{"type":"LISTEN","transID":"t","data":{}}}]})" + "\n";
    };
    replay_options options;
    options.pace.speed = 2;
    auto before = env.steady_now();
    auto report =
        play(env, in, std::get<recording>(read_recording("r", line(1, 0) + line(2, 10000))), options);
    CHECK(report.received.at(0).sent.at(0) == milliseconds(200));
    CHECK(env.steady_now() == before + milliseconds(5000 + 200 + 200));
}

TEST_CASE("a robot that finds no server differs in every turn and says why") {
    manual_environment env;
    replay_options options;
    options.dial = [](const recorded_turn&) -> task<result<std::unique_ptr<websocket::client>>> {
        co_return make_error_code(boost::system::errc::connection_refused);
    };
    auto what = std::get<recording>(read_recording(
        "r",
        R"({"turn":1,"token":"a","socket":"listen","complete":true,"opened_ms":0,"inbound":[],"replies":[]})"));
    auto report = env.run(run_replay(env, what, options));
    CHECK_FALSE(report.passed());
    CHECK(report.verdicts[0].problems.at(0).find("no connection: ") == 0);
}

TEST_CASE("progress is told after each turn") {
    manual_environment env;
    house in;
    std::vector<std::string> told;
    replay_options options;
    options.on_progress = [&](std::size_t done, std::size_t total) {
        told.push_back(std::to_string(done) + "/" + std::to_string(total));
    };
    auto line =
        std::string(R"({"turn":1,"token":"a","socket":"proactive","opened_ms":0,"inbound":[],"replies":[]})");
    play(env, in, std::get<recording>(read_recording("r", line + "\n" + line)), options);
    CHECK(told == std::vector<std::string>{"1/2", "2/2"});
}
