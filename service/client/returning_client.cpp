#include "service/client/returning_client.hpp"

#include "persistence/log_failure.hpp"
#include "service/client/final_close.hpp"
#include "websocket/connection.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace rejoinder::service {

using websocket::close_code;

namespace {

/// Between the server's question for a sign of life and its end (protocol, limits).
constexpr milliseconds heartbeat_answer(8'000);

/// After a server that goes away or starts anew, its clients come back over this time (close codes 1001,
/// 1012).
constexpr milliseconds restart_spread(10'000);

constexpr milliseconds default_wait(1'000);

constexpr int moves_at_once = 3;

void log_task_error(std::exception_ptr error) {
    log_failure("client_task_failed", std::move(error));
}

bool is_end_status(const std::string& status) {
    return status == "done" || status == "failed" || status == "cancelled";
}

milliseconds wait_in(const json& frame) {
    return milliseconds(frame.value("after", default_wait.count()));
}

} // namespace

returning_client::returning_client(environment& env, server_place server, client_memory memory,
                                   std::optional<std::string> machine, client_listener& listener,
                                   std::size_t under_way)
    : env_(env),
      connection_(env, std::move(server.url), std::move(memory), std::move(server.token),
                  std::move(server.dial)),
      machine_(std::move(machine)),
      listener_(listener),
      under_way_(std::max<std::size_t>(under_way, 1)),
      again_(env),
      ask_again_(env),
      ack_(env),
      slot_(env),
      pause_(env),
      tasks_(env.get_executor(), log_task_error) {}

task<client_end> returning_client::run() {
    client_end end;
    while (!leaving_) {
        error_code failed;
        if (auto refused = co_await attach(&failed)) {
            end = std::move(*refused);
            break;
        }
        if (attached_ && !leaving_) co_await converse();
        if (leaving_) break;
        auto code = connection_.close_code();
        if (is_final_close(code)) {
            end = {departure::closed, "", code};
            break;
        }
        absence away{failed, code, choose_pause()};
        listener_.on_away(away);
        co_await rest(away.pause);
    }
    leaving_ = true;
    attached_ = false;
    again_.disarm();
    ask_again_.disarm();
    ack_.disarm();
    slot_.disarm();
    co_await connection_.close();
    co_await tasks_.join();
    co_return end;
}

void returning_client::leave() {
    if (std::exchange(leaving_, true)) return;
    rested_.notify();
    tasks_.spawn(connection_.close());
}

bool returning_client::submit(std::string id, json input) {
    if (turns_.size() >= most_turns) return false;
    turn added;
    added.id = std::move(id);
    added.input = std::move(input);
    turns_.push_back(std::move(added));
    send_turns();
    return true;
}

void returning_client::cancel(const std::string& id) {
    auto found = std::ranges::find(turns_, id, &turn::id);
    if (found == turns_.end() || found->wanted != turn::wish::end) return;
    found->wanted = turn::wish::cancel;
    send_cancels();
}

bool returning_client::report(tool_report_frame how) {
    if (!reports_.add(std::move(how))) return false;
    send_reports();
    return true;
}

// ---- connections

/// One attempt. What it gives is the end of all attempts.
task<std::optional<client_end>> returning_client::attach(error_code* failed) {
    auto attaching = connection_.attach(machine_);
    auto welcome = co_await std::move(attaching);
    if (!welcome) {
        *failed = welcome.error();
        told_pause_ = connection_.told_wait();
        co_return std::nullopt;
    }
    if (welcome->value("outcome", "") == "refused")
        co_return client_end{departure::refused, welcome->value("reason", ""), 0};
    take_welcome(*welcome);
    co_return std::nullopt;
}

void returning_client::take_welcome(const json& welcome) {
    attached_ = true;
    moves_ = 0;
    attached_at_ = env_.steady_now();
    acknowledged_ = memory().seen;
    longest_silence_ = milliseconds(welcome.value("heartbeat", 25'000)) + heartbeat_answer;
    credit_ = std::max<std::size_t>(welcome.value("credit", std::size_t{1}), 1);
    // Answers that were given on another connection are asked for again, under the same ids; but for those
    // whose end was shown, as a session that has ended answers nothing any more.
    for (auto& open : turns_) {
        if (open.was_shown_its_end) continue;
        open.answer.reset();
        open.submitted = false;
        if (open.wanted == turn::wish::cancel_sent) open.wanted = turn::wish::cancel;
    }
    reports_.on_new_connection();
    listener_.on_welcome(welcome);
    send_turns();
    send_reports();
}

/// Hears the server out, until the connection is over.
task<> returning_client::converse() {
    auto floods = connection_.floods();
    for (;;) {
        auto receiving = connection_.receive(longest_silence_);
        auto frame = co_await std::move(receiving);
        if (floods != connection_.floods()) {
            floods = connection_.floods();
            ask_again_later(default_wait); // what was thrown away may have been a cancel or a report
        }
        if (frame) {
            handle(*frame);
        } else if (!connection_.connected() ||
                   env_.steady_now() - connection_.last_heard() >= longest_silence_) {
            break; // everything that came before the end was heard, or nobody is there
        }
    }
    attached_ = false;
    again_.disarm();
    ask_again_.disarm();
    ack_.disarm();
    slot_.disarm();
    if (connection_.connected()) co_await connection_.cut();
    if (env_.steady_now() - attached_at_ >= good_life) most_pause_ = first_pause;
}

milliseconds returning_client::choose_pause() {
    auto up_to = [this](milliseconds most) {
        return milliseconds(env_.random_number() % static_cast<std::uint64_t>(most.count() + 1));
    };
    // Servers that send a client to and fro are given time to agree.
    if (connection_.take_move() && moves_++ < moves_at_once) return milliseconds(0);
    auto slot = std::exchange(slot_at_, std::nullopt);
    if (auto told = std::exchange(told_pause_, std::nullopt)) return *told;
    if (slot) return std::max(milliseconds(0), *slot - env_.steady_now());
    auto code = static_cast<close_code>(connection_.close_code());
    if (code == close_code::going_away || code == close_code::restart) return up_to(restart_spread);
    auto pause = up_to(most_pause_);
    most_pause_ = std::min(most_pause_ * 2, longest_pause);
    return pause;
}

task<> returning_client::rest(milliseconds duration) {
    pause_.arm_after(duration, [this] { rested_.notify(); });
    while (pause_.armed() && !leaving_)
        co_await rested_.wait();
    pause_.disarm();
}

// ---- frames

void returning_client::handle(const json& frame) {
    auto type = frame.value("type", "");
    if (type == "snapshot") {
        listener_.on_snapshot(frame);
        acknowledge();
        settle();
    } else if (type == "event") {
        take_event(frame);
    } else if (type == "accepted") {
        take_answer(frame);
    } else if (type == "rejected") {
        take_rejection(frame);
    } else {
        take_other(frame);
    }
}

void returning_client::take_other(const json& frame) {
    auto type = frame.value("type", "");
    if (type == "drain") {
        // One that drains whoever comes back is no reason to come back at its slot for ever.
        if (env_.steady_now() - attached_at_ >= first_pause)
            slot_at_ = env_.steady_now() + milliseconds(frame.value("after", 0));
        slot_.arm_after(milliseconds(frame.value("after", 0)), [this] { tasks_.spawn(connection_.cut()); });
    }
    if (type == "error") take_error(frame);
    listener_.on_other(frame);
}

/// What is for good, and about no tool and no cancel, is about a turn: nothing else that a client of this
/// kind sends could be wrong. Which one, only `ref` could tell where several are under way.
void returning_client::take_error(const json& frame) {
    auto ref = frame.value("ref", "");
    auto cancelled = std::ranges::find_if(
        turns_, [&](const turn& one) { return one.wanted == turn::wish::cancel_sent && one.id == ref; });
    if (reports_.on_error(frame) || cancelled != turns_.end()) {
        if (frame.value("retry", false)) ask_again_later(wait_in(frame));
        return;
    }
    if (frame.contains("after")) told_pause_ = wait_in(frame);
    if (frame.value("retry", false)) return;
    auto is_meant = [&](const turn& one) {
        return one.submitted && (ref.empty() ? under_way_ == 1 : one.id == ref);
    };
    auto meant = std::ranges::find_if(turns_, is_meant);
    if (meant != turns_.end()) end_turn(*meant, frame);
}

void returning_client::take_event(const json& event) {
    if (event.contains("gap")) { // what is missing comes by resuming; a server never does this
        tasks_.spawn(connection_.cut());
        return;
    }
    listener_.on_event(event);
    acknowledge();
    auto kind = event.value("kind", "");
    if (kind == "turn.done" || kind == "turn.failed") reports_.on_turn_ended(event.value("turn", ""));
    auto* ended = kind == "turn.done" || kind == "turn.failed" ? find(event) : nullptr;
    if (ended) ended->was_shown_its_end = true;
    if (ended && !ended->answer) {
        ended->answer = event;
        ended->last_event = event.value("seq", std::uint64_t{0});
    }
    settle();
}

void returning_client::take_answer(const json& frame) {
    auto* answered = find(frame);
    if (!answered || !is_end_status(frame.value("status", ""))) return; // its end comes as an event
    answered->answer = frame;
    answered->last_event = frame.value("last", std::uint64_t{0});
    settle();
}

void returning_client::take_rejection(const json& frame) {
    auto* rejected = find(frame);
    if (!rejected) return;
    // A number that is too low says that the id is unknown: the turn has not happened.
    bool stale = frame.value("code", "") == "turn.stale";
    if (!stale && !frame.value("retry", false)) {
        end_turn(*rejected, frame);
        return;
    }
    rejected->number = 0;
    rejected->submitted = false;
    if (rejected->wanted == turn::wish::cancel_sent) rejected->wanted = turn::wish::cancel;
    rejected->again = env_.steady_now() + (stale ? milliseconds(0) : wait_in(frame));
    send_turns();
}

// ---- turns

/// Nothing of it is shown.
void returning_client::end_turn(turn& with, const json& answer) {
    with.answer = answer;
    with.last_event = 0;
    settle();
}

returning_client::turn* returning_client::find(const json& frame) {
    auto found = std::ranges::find(turns_, frame.value("turn", ""), &turn::id);
    return found == turns_.end() ? nullptr : &*found;
}

/// Gives turns their end whose events have all been given, and begins the next ones.
void returning_client::settle() {
    auto is_over = [this](const turn& one) { return one.answer && one.last_event <= memory().seen; };
    for (auto at = std::ranges::find_if(turns_, is_over); at != turns_.end();
         at = std::ranges::find_if(turns_, is_over)) {
        auto id = std::move(at->id);
        auto answer = std::move(at->answer).value_or(json());
        turns_.erase(at);
        listener_.on_settled(id, answer); // which may submit another one
    }
    send_turns();
}

/// Submits those of the first turns that are not submitted and may be.
void returning_client::send_turns() {
    if (!attached_) return;
    auto first = std::min({under_way_, credit_, turns_.size()});
    std::optional<steady_time> earliest;
    for (std::size_t i = 0; i < first; ++i) {
        auto& one = turns_[i];
        if (one.submitted || one.answer) continue;
        if (one.again && !env_.has_come(*one.again)) {
            earliest = std::min(earliest.value_or(*one.again), *one.again);
            continue;
        }
        one.again.reset();
        if (one.number == 0) one.number = memory().last_number + 1;
        one.submitted = true;
        connection_.submit(one.id, one.input, one.number);
    }
    if (earliest) again_.arm(*earliest, [this] { send_turns(); });
    send_cancels();
}

/// A turn is submitted before it is cancelled, so that the server knows it.
void returning_client::send_cancels() {
    if (!attached_) return;
    for (auto& one : turns_) {
        if (one.wanted != turn::wish::cancel || !one.submitted) continue;
        one.wanted = turn::wish::cancel_sent;
        connection_.send({{"type", "cancel"}, {"turn", one.id}});
    }
}

/// Cancels and reports are all asked for again: each counts once.
void returning_client::ask_again_later(milliseconds pause) {
    for (auto& one : turns_)
        if (one.wanted == turn::wish::cancel_sent) one.wanted = turn::wish::cancel;
    reports_.on_new_connection();
    ask_again_.arm_after(pause, [this] {
        send_cancels();
        send_reports();
    });
}

void returning_client::send_reports() {
    if (attached_) reports_.send_open([this](const json& frame) { connection_.send(frame); });
}

void returning_client::acknowledge() {
    auto send = [this] {
        acknowledged_ = memory().seen;
        connection_.send({{"type", "ack"}, {"seq", acknowledged_}});
    };
    if (memory().seen - acknowledged_ >= events_between_acks) {
        ack_.disarm();
        send();
    } else if (!ack_.armed()) {
        ack_.arm_after(time_between_acks, send);
    }
}

} // namespace rejoinder::service
