#include "service/robot_line.hpp"

#include "persistence/hash.hpp"
#include "persistence/log.hpp"
#include "service/robot_events.hpp"
#include "service/session.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

namespace robot = websocket::robot;
using websocket::close_code;

namespace {

/// The frames of an answer as the turn's outcome keeps them, so that a repeated turn gets the very same.
json stored_batch(const std::vector<robot::timed_frame>& batch) {
    auto frames = json::array();
    for (const auto& frame : batch)
        frames.push_back({{"delay", frame.delay.count()}, {"frame", frame.message}});
    return {{"batch", std::move(frames)}};
}

/// What two inputs of one id must agree in to be the same turn.
json payload(const robot::input& what) {
    static constexpr std::string_view kinds[] = {"text", "intent", "trigger", "silence"};
    json input = {{"kind", kinds[static_cast<std::size_t>(what.kind)]}, {"rules", what.rules}};
    if (!what.text.empty()) input["text"] = what.text;
    if (!what.intent.empty()) input["intent"] = what.intent;
    if (!what.entities.empty()) input["entities"] = what.entities;
    return input;
}

} // namespace

robot_line::robot_line(environment& env, const settings& limits, account_id account, device_id device,
                       std::string machine)
    : env_(env),
      limits_(limits),
      account_(std::move(account)),
      device_(std::move(device)),
      machine_(std::move(machine)) {}

void robot_line::open(websocket::connection& peer) {
    peer_ = &peer;
}

void robot_line::close() {
    peer_ = nullptr;
    on_change_ = nullptr;
}

void robot_line::add(robot::input what) {
    add_message(asked{std::move(what)});
}

void robot_line::add(std::string transaction, json context) {
    add_message(device_report{std::move(transaction), std::move(context), env_.utc_now()});
}

void robot_line::add_message(message what) {
    if (outgoing_.size() >= max_outgoing) {
        hang_up(close_code::overloaded, "too much at once");
        return;
    }
    outgoing_.push_back(std::move(what));
}

void robot_line::deliver(task_group& tasks, registry& sessions) {
    tasks_ = &tasks;
    sessions_ = &sessions;
    begin_delivery();
}

void robot_line::begin_delivery() {
    if (delivering_ || outgoing_.empty()) return;
    delivering_ = true;
    tasks_->spawn(run_delivery(shared_from_this(), sessions_));
}

/// The connection may be gone before this begins; what it brought is delivered all the same. When delivering
/// breaks, the robot hears of it and repeats what it asked.
task<> robot_line::run_delivery(std::shared_ptr<robot_line> line, registry* sessions) {
    try {
        while (!line->outgoing_.empty()) {
            auto found = co_await sessions->find_for_robot(line->account_, line->device_, line->machine_);
            line->pass_on(found);
        }
    } catch (...) {
        line->delivering_ = false;
        line->outgoing_.clear();
        line->hang_up(close_code::commit_failed, "the turn could not be delivered; repeat it");
        throw;
    }
    line->delivering_ = false;
    line->report_change();
}

/// Tells the session all there is to tell, or the robot that there is none that listens.
void robot_line::pass_on(const found_session& to) {
    if (!to.live) {
        auto why = to_string(to.why.value_or(refusal::unavailable));
        log::warning("robot_without_session", {{"device", device_.text}, {"why", why}});
        outgoing_.clear();
        hang_up(close_code::overloaded, why);
        return;
    }
    if (to.live->over()) return; // it took its leave meanwhile; the next look finds it anew
    session_ = to.live->id();
    report_session();
    while (!outgoing_.empty()) {
        auto next = std::move(outgoing_.front());
        outgoing_.pop_front();
        if (tell(*to.live, std::move(next)) == delivery::queued) continue;
        outgoing_.clear();
        hang_up(close_code::overloaded, "the session has too much to do");
    }
}

delivery robot_line::tell(session& live, message what) {
    if (auto* report = std::get_if<device_report>(&what)) {
        informed_.insert(report->transaction);
        return live.report(std::move(*report));
    }
    auto& turn = std::get<asked>(what);
    unanswered_.emplace(turn_id{turn.what.identity}, turn);
    return live.submit(make_request(std::move(turn), live.machine()));
}

turn_request robot_line::make_request(asked turn, const statemachine::definition& machine) {
    auto& what = turn.what;
    auto event = event_of(what, machine);
    turn_request request;
    request.id = turn_id{what.identity};
    request.device = device_;
    request.digest = sha256_hex(to_text(payload(what)));
    request.event = std::move(event.what);
    request.heard = what.text;
    request.received = env_.utc_now();
    if (!informed_.contains(what.transaction))
        request.presence = presence_wait{what.transaction, limits_.presence_patience};
    request.listener = shared_from_this();
    request.render = [this_turn = std::move(what), understood = std::move(event.understood),
                      at = request.received](const std::vector<websocket::protocol::event>& events) {
        robot::answered_turn answer{this_turn, understood, {}, at};
        for (const auto& e : events)
            answer.shown.push_back({e.kind, e.data});
        return stored_batch(robot::make_batch(answer));
    };
    return request;
}

void robot_line::accepted(const turn_record& turn, novelty) {
    report_session();
    auto outcome = parse_json(turn.outcome, stored_limits);
    auto now = env_.steady_now();
    answered_until_ = std::max(answered_until_, now); // an answer may have no frames
    if (outcome && peer_) {
        for (const auto& frame : outcome.value.value("batch", json::array())) {
            auto due = now + milliseconds(frame.value("delay", 0));
            answered_until_ = std::max(answered_until_, due);
            peer_->send_at(due, to_text(frame["frame"]));
        }
    }
    answered(turn.id);
}

/// Robots have no frame that says no: what they get instead is the end of the connection, with the reason.
void robot_line::rejected(const rejection& why) {
    log::info("robot_turn_rejected", {{"device", device_.text}, {"turn", why.turn.text}, {"code", why.code}});
    if (why.code == "session.ended" && ask_again(why.turn)) return;
    answered(why.turn);
    bool may_repeat = why.retry == rejection::again::yes;
    hang_up(may_repeat ? close_code::commit_failed : close_code::policy, why.message);
}

void robot_line::lost(const turn_id& turn) {
    answered(turn);
    hang_up(close_code::commit_failed, "the turn could not be recorded; repeat it");
}

/// The dialogue ended in front of this turn: a robot can't know, so the turn begins the next dialogue. False
/// when it was asked again already, or when the robot is gone and repeats what it wants answered.
bool robot_line::ask_again(const turn_id& turn) {
    auto found = unanswered_.find(turn);
    if (!peer_ || found == unanswered_.end() || found->second.dialogue == asked::of::the_next_one)
        return false;
    auto again = std::move(unanswered_.extract(found).mapped());
    again.dialogue = asked::of::the_next_one;
    add_message(std::move(again));
    begin_delivery();
    return true;
}

void robot_line::answered(const turn_id& turn) {
    if (auto found = unanswered_.find(turn); found != unanswered_.end()) unanswered_.erase(found);
    report_change();
}

void robot_line::report_session() {
    if (on_session_) on_session_(session_);
}

void robot_line::report_change() {
    if (on_change_) on_change_();
}

void robot_line::hang_up(close_code code, std::string_view reason) {
    if (peer_) peer_->close(code, reason);
}

} // namespace rejoinder::service
