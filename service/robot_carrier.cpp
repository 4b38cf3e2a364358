#include "service/robot_carrier.hpp"

#include "persistence/ids.hpp"
#include "persistence/log.hpp"
#include "service/robot_line.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

namespace robot = websocket::robot;
using websocket::close_code;

robot_carrier::robot_carrier(robot_house_rules rules, account_id account, device_id device,
                             places::place place, std::function<void()> was_useful)
    : rules_(std::move(rules)),
      line_(std::make_shared<robot_line>(rules_.env, rules_.limits, std::move(account), std::move(device),
                                         rules_.machine)),
      place_(std::move(place)),
      was_useful_(std::move(was_useful)),
      transactions_(make_ulid(rules_.env), {}, rules_.env.steady_now()),
      deadline_(rules_.env) {}

void robot_carrier::on_session(std::function<void(const session_id&)> callback) {
    line_->on_session(std::move(callback));
}

void robot_carrier::on_open(websocket::connection& peer) {
    peer_ = &peer;
    line_->open(peer);
    line_->on_change([this] { wait_for_deadline(); });
    wait_for_deadline();
}

void robot_carrier::on_text(std::string_view text) {
    act(transactions_.on_text(text, rules_.env.steady_now()));
}

void robot_carrier::on_binary(std::string_view bytes) {
    act(transactions_.on_audio(bytes.size(), rules_.env.steady_now()));
}

void robot_carrier::on_too_big(std::size_t) {
    peer_->close(close_code::too_big, "the message is too big");
}

void robot_carrier::act(std::vector<robot::action> actions) {
    if (peer_->closing()) return;
    for (auto& action : actions) {
        if (auto* turn = std::get_if<robot::submit>(&action)) {
            if (auto tell = std::exchange(was_useful_, nullptr)) tell();
            line_->add(std::move(turn->what));
        } else if (auto* context = std::get_if<robot::remember_context>(&action)) {
            if (context->robot_id) compare_names(*context->robot_id);
            line_->add(std::move(context->transaction), std::move(context->data));
        } else if (auto* end = std::get_if<robot::hang_up>(&action)) {
            peer_->close(end->code, end->reason);
        }
    }
    line_->deliver(rules_.tasks, rules_.sessions);
    wait_for_deadline();
}

/// A robot whose own name is another is most likely one with another's token. It is told to the operator, and
/// changes nothing: the token says which device this is.
void robot_carrier::compare_names(const std::string& claimed) {
    if (claimed == line_->device().text || std::exchange(names_compared_, true)) return;
    log::info("robot_named_otherwise", {{"device", line_->device().text}, {"robot", claimed}});
}

/// One alarm for whatever comes next: a silence that is over, the end of a transaction or of the connection,
/// or, when everything asked is answered, the moment to hang up.
void robot_carrier::wait_for_deadline() {
    auto next = transactions_.next_deadline();
    auto farewell = line_->answered_until() + rules_.limits.robot_linger;
    bool finished =
        line_->answered_until() != steady_time{} && line_->idle() && !transactions_.expects_more();
    deadline_.arm(finished ? std::min(next, farewell) : next, [this, finished, farewell] {
        auto now = rules_.env.steady_now();
        if (finished && now >= farewell)
            peer_->close(close_code::normal, "the answer is complete");
        else
            act(transactions_.on_time(now));
    });
}

void robot_carrier::on_closed(const websocket::closed& why) {
    deadline_.disarm();
    line_->close();
    log::debug("robot_hung_up", {{"code", why.code}, {"audio", transactions_.audio_bytes()}});
}

websocket::connection_limits robot_connection_limits(const settings& limits) {
    auto robots = limits.connection;
    robots.text_only = false;
    robots.messages_per_second = std::max(robots.messages_per_second, 100.0);
    robots.message_burst = std::max(robots.message_burst, 400.0);
    return robots;
}

} // namespace rejoinder::service
