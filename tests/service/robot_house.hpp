#pragma once

#include "service/replay/replay.hpp"
#include "service/robot_events.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/source_file.hpp"
#include "websocket/robot/replies.hpp"
#include "websocket/robot/transaction.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// One robot and its machine, without sockets, sessions or storage: what a server must do with a robot's
/// frames, in virtual time. Every token is the same device.
class robot_house {
public:
    explicit robot_house(environment& env,
                         const std::string& document = read_source_file("samples/machines/robot.json"))
        : env_(env), machine_(load(document)), now_(statemachine::start(machine_, {}).next) {}

    /// The machine's answer to a turn; none while it waits for the robot's CONTEXT.
    std::optional<websocket::robot::answered_turn> answer(const websocket::robot::input& what) {
        if (auto stored = outcomes_.find(what.identity); stored != outcomes_.end()) return stored->second;
        if (statemachine::has_tag(machine_, now_, "needs_presence") &&
            !std::exchange(presence_known_, false)) {
            waiting_ = what;
            return std::nullopt;
        }
        auto event = service::event_of(what, machine_);
        websocket::robot::answered_turn turn{what, event.understood, step(event.what), env_.utc_now()};
        return outcomes_.emplace(what.identity, std::move(turn)).first->second;
    }

    /// The answer that waited for a CONTEXT, if one did.
    std::optional<websocket::robot::answered_turn> learn(const json& context) {
        outside_["device"] = context;
        step({"device.context", context});
        if (!waiting_) return std::nullopt;
        auto turn = std::exchange(waiting_, std::nullopt);
        presence_known_ = true;
        return answer(*turn);
    }

    std::size_t connections = 0; ///< open now
    std::size_t most = 0;        ///< open at once so far
    std::size_t cuts = 0;
    std::vector<std::string> opened; ///< path and token of each

    std::size_t outcomes() const noexcept { return outcomes_.size(); }

private:
    static statemachine::definition load(const std::string& document) {
        auto outcome = statemachine::load_definition_text(document);
        if (!outcome.machine) throw std::runtime_error("the robot's machine does not load");
        return *outcome.machine;
    }

    std::vector<websocket::robot::shown_event> step(const statemachine::event& event) {
        auto result =
            statemachine::step(machine_, now_, event, {env_.utc_now(), env_.random_number(), outside_});
        if (result.error) throw std::runtime_error(result.error->message);
        now_ = std::move(result.next);
        std::vector<websocket::robot::shown_event> shown;
        for (const auto& effect : result.effects)
            if (effect.what == statemachine::effect::kind::show) shown.push_back({effect.name, effect.data});
        return shown;
    }

    environment& env_;
    statemachine::definition machine_;
    statemachine::snapshot now_;
    std::map<std::string, websocket::robot::answered_turn> outcomes_;
    std::optional<websocket::robot::input> waiting_;
    bool presence_known_ = false;
    json outside_ = json::object();
};

/// The robot's end of one connection to the house.
class house_connection final : public websocket::client {
public:
    house_connection(environment& env, robot_house& house)
        : env_(env),
          house_(house),
          transactions_("c" + std::to_string(house.opened.size()), {}, env.steady_now()) {
        house_.most = std::max(house_.most, ++house_.connections);
    }
    ~house_connection() override { --house_.connections; }

    task<std::optional<std::string>> receive(milliseconds patience) override {
        auto until = env_.steady_now() + patience;
        while (!end_) {
            act(transactions_.on_time(env_.steady_now()));
            if (!due_.empty() && due_.front().first <= env_.steady_now()) {
                auto text = std::move(due_.front().second);
                due_.pop_front();
                co_return text;
            }
            if (env_.steady_now() >= until) break;
            auto next = std::min(until, transactions_.next_deadline());
            if (!due_.empty()) next = std::min(next, due_.front().first);
            auto passing = pass_time(&env_, next - env_.steady_now());
            co_await std::move(passing);
        }
        co_return std::nullopt;
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
    void act(const std::vector<websocket::robot::action>& actions) {
        using namespace websocket::robot;
        for (const auto& action : actions) {
            if (auto* turn = std::get_if<submit>(&action)) reply(house_.answer(turn->what));
            if (auto* seen = std::get_if<remember_context>(&action)) reply(house_.learn(seen->data));
            if (auto* over = std::get_if<hang_up>(&action))
                end_ = websocket::closed{static_cast<std::uint16_t>(over->code), over->reason};
        }
    }

    void reply(const std::optional<websocket::robot::answered_turn>& turn) {
        if (!turn) return;
        for (auto& frame : websocket::robot::make_batch(*turn))
            due_.emplace_back(env_.steady_now() + frame.delay, to_text(frame.message));
    }

    environment& env_;
    robot_house& house_;
    websocket::robot::transactions transactions_;
    std::deque<std::pair<steady_time, std::string>> due_;
    std::optional<websocket::closed> end_;
};

inline task<result<std::unique_ptr<websocket::client>>> enter(environment& env, robot_house& house) {
    std::unique_ptr<websocket::client> made = std::make_unique<house_connection>(env, house);
    co_return made;
}

inline service::recording load_or_fail(const std::string& path) {
    auto outcome = service::load_recording(path);
    if (auto* wrong = std::get_if<service::recording_error>(&outcome)) FAIL(wrong->message);
    return std::get<service::recording>(std::move(outcome));
}

/// Replays a recording against the house, in virtual time.
inline service::replay_report play(manual_environment& env, robot_house& house, service::recording what,
                                   service::replay_options options = {}) {
    options.dial = [&](const service::recorded_turn& turn) {
        house.opened.push_back(turn.path + " " + turn.token);
        return enter(env, house);
    };
    return env.run(service::run_replay(env, std::move(what), std::move(options)), std::chrono::hours(24));
}

} // namespace rejoinder::tests
