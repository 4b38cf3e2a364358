// How a socket speaks rejoinder.v1 once it has said hello, which is session_endpoint_hello.cpp's.

#include "service/session_endpoint.hpp"

#include "persistence/log.hpp"
#include "websocket/protocol/codec.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::close_code;

namespace {

/// Errors that a client makes again and again close the socket; up to this many are only answered.
constexpr int tolerated_violations = 3;

constexpr std::string_view observers_only_watch = "A client that only watches can't do this.";

/// What a client is told to wait when its session can't be opened now.
constexpr milliseconds come_back_after(1000);

/// Events that the server makes: who could send them would move a machine past its own guards.
bool is_reserved(std::string_view event) {
    static constexpr std::string_view own[] = {"xstate.", "robot.", "device.", "tool.", "skill."};
    return std::ranges::any_of(own, [event](auto prefix) { return event.starts_with(prefix); });
}

statemachine::event make_event(protocol::turn_input input) {
    if (input.text) {
        json data; // a braced list would copy the text
        data["text"] = std::move(*input.text);
        return {"turn.text", std::move(data)};
    }
    if (input.intent) {
        return {"intent." + *input.intent,
                {{"intent", *input.intent}, {"entities", std::move(input.entities)}}};
    }
    return {input.event.value_or(""), std::move(input.data)};
}

turn_request make_request(protocol::turn frame, std::shared_ptr<attachment> from, environment& env) {
    turn_request request;
    request.id = std::move(frame.id);
    request.device = from->device();
    request.number = frame.number;
    request.digest = std::move(frame.digest);
    request.heard = frame.input.text.value_or("");
    request.event = make_event(std::move(frame.input));
    request.if_revision = frame.if_revision;
    request.policy = statemachine::parse_overlap(frame.policy);
    if (frame.expires_in) request.expires = env.steady_now() + *frame.expires_in;
    request.received = env.utc_now();
    request.listener = std::move(from);
    return request;
}

} // namespace

session_endpoint::session_endpoint(const endpoint_house& house, std::string address, baggage what)
    : house_(house),
      address_(std::move(address)),
      was_refused_(what.was_refused),
      violations_(what.violations),
      hello_deadline_(house.env),
      heartbeat_(house.env),
      watch_(house.env, house.verifier, house.tasks,
             {house.limits.hello_deadline, house.limits.credentials_look},
             [this](credentials::problem why) { turn_away(why); }) {
    ++house_.unattached;
}

session_endpoint::~session_endpoint() {
    count_as_attached();
}

void session_endpoint::count_as_attached() noexcept {
    if (std::exchange(counted_, false)) --house_.unattached;
}

void session_endpoint::on_open(websocket::connection& peer) {
    peer_ = &peer;
    await_hello();
}

void session_endpoint::await_hello() {
    hello_deadline_.arm_after(house_.limits.hello_deadline,
                              [this] { peer_->close(close_code::idle, "no hello came in time"); });
}

void session_endpoint::on_text(std::string_view text) {
    if (peer_->closing()) return;
    restart_heartbeat();
    frame_bytes_ = text.size();
    auto decoded = protocol::decode(text);
    if (auto* wrong = std::get_if<protocol::frame_error>(&decoded)) {
        if (wrong->code == "protocol.unknown_type")
            send({wrong->code, wrong->message, false, {}, ""});
        else
            violated({wrong->code, wrong->message, false, {}, wrong->ref}, close_code::protocol_violated);
        return;
    }
    auto& frame = std::get<protocol::client_frame>(decoded);
    bool said_hello = attachment_ || watch_.checking();
    if (!said_hello && !std::holds_alternative<protocol::hello>(frame)) {
        send({"protocol.hello_expected", "The first frame must be a hello.", false, {}, ""});
        peer_->close(close_code::protocol_violated, "the first frame was no hello");
        return;
    }
    std::visit([this](auto& f) { handle(std::move(f)); }, frame);
}

// ---- the other frames

/// The client speaks on its attachment, so it has the welcome: the session, and its resume token is
/// confirmed.
std::shared_ptr<session> session_endpoint::confirm_welcome() {
    if (!attachment_ || !attachment_->welcomed()) return nullptr;
    auto live = attachment_->bound();
    if (live) live->heard_from(*attachment_);
    return live;
}

/// A client that sends a turn or an ack is no flood of attempts: the one that brought it here does not count.
std::shared_ptr<session> session_endpoint::confirm_use() {
    auto live = confirm_welcome();
    if (live && !std::exchange(was_useful_, true)) {
        house_.attach_attempts.forgive(user_key(attachment_->device()));
        if (house_.address_attempts) house_.address_attempts->forgive(network());
        if (names_itself_) house_.accounts->attempts.forgive(account_.text);
    }
    return live;
}

void session_endpoint::handle(protocol::turn frame) {
    auto live = confirm_use();
    auto reject = [&](std::string code, std::string message, std::optional<milliseconds> after) {
        peer_->send(protocol::encode(
            protocol::rejected{frame.id, std::move(code), std::move(message), after.has_value(), after, {}}));
    };
    auto policy = statemachine::parse_overlap(frame.policy);
    if (!frame.policy.empty() && !policy) {
        reject("turn.bad_policy", "A debounce names its milliseconds, 1 to 10000, as in debounce(300).", {});
    } else if (frame.input.event && is_reserved(*frame.input.event)) {
        reject("turn.reserved_event", "Events of this name are made by the server alone.", {});
    } else if (attachment_ && attachment_->mode() == protocol::attach_mode::observe) {
        reject("mode.observe", std::string(observers_only_watch), {});
    } else if (!live) {
        reject("session.not_attached", "There is no session on this socket yet; wait for the welcome.",
               milliseconds(250));
    } else if (attachment_->unanswered() >= attachment_->granted().credit) {
        reject("turn.no_credit", "Too many turns wait for an answer; wait for one.", milliseconds(250));
    } else if (auto wait = wait_for_commits(frame.id, *live)) {
        reject("overloaded", "The database can't keep up; try again later.", wait);
    } else {
        auto id = frame.id;
        attachment_->submitted();
        auto request = make_request(std::move(frame), attachment_, house_.env);
        request.bytes = frame_bytes_;
        auto sent = live->submit(std::move(request));
        if (sent == delivery::full) {
            attachment_->rejected({id,
                                   "overloaded",
                                   "The session has too many turns waiting; try again.",
                                   rejection::again::yes,
                                   milliseconds(250),
                                   {}});
        } else if (sent == delivery::closed) {
            attachment_->lost(id);
        }
    }
}

/// How long a turn has to stay out because commits lag; nothing when it may come in. One that was taken
/// already only gets its answer again.
std::optional<milliseconds> session_endpoint::wait_for_commits(const turn_id& turn,
                                                               const session& live) const {
    if (!house_.turns || !house_.turns->keeps_out() || live.recalls(turn)) return std::nullopt;
    return house_.turns->refuse();
}

/// The session that the client may change; null, and it is told why, when there is none.
std::shared_ptr<session> session_endpoint::controlled(const std::string& ref) {
    auto live = confirm_use();
    if (attachment_ && attachment_->mode() == protocol::attach_mode::observe) {
        send({"mode.observe", std::string(observers_only_watch), false, {}, ref});
        return nullptr;
    }
    if (!live)
        send({"session.not_attached", "There is no session on this socket yet; wait for the welcome.", true,
              milliseconds(250), ref});
    return live;
}

/// What found no room is sent again by the client; where the session is over, so is its socket.
void session_endpoint::expect_room(delivery sent, const std::string& ref) {
    if (sent == delivery::full)
        send({"overloaded", "The session has too much to do; try again.", true, milliseconds(250), ref});
}

void session_endpoint::handle(const protocol::cancel& frame) {
    if (auto live = controlled(frame.turn.text))
        expect_room(live->cancel({attachment_, frame.turn}), frame.turn.text);
}

void session_endpoint::handle(protocol::tool_result frame) {
    auto live = controlled(frame.call);
    if (!live) return;
    auto how = frame.ok ? tool_report::end::done : tool_report::end::failed;
    auto sent = live->report(
        tool_report{attachment_, frame.call, frame.turn, how, std::move(frame.data), house_.env.utc_now()});
    expect_room(sent, frame.call);
}

void session_endpoint::handle(const protocol::ack&) {
    confirm_use();
}

void session_endpoint::handle(const protocol::ping& frame) {
    confirm_welcome();
    peer_->send(protocol::encode_pong(frame.at));
}

void session_endpoint::handle(const protocol::pong&) {
    confirm_welcome();
}

void session_endpoint::handle(const protocol::bye& frame) {
    auto live = confirm_welcome();
    if (!frame.keep && live) {
        if (!controlled("bye")) return;
        if (live->end({attachment_}) == delivery::queued) return;
        peer_->close(close_code::overloaded, "the session has too much to do; try again");
        return;
    }
    peer_->send(protocol::encode(protocol::bye{"goodbye", true}));
    peer_->close(close_code::normal, "goodbye");
}

// ---- what is no frame, and the pulse

void session_endpoint::on_too_big(std::size_t limit) {
    violated({"protocol.too_big",
              "A message must not be larger than " + std::to_string(limit) + " bytes.",
              false,
              {},
              ""},
             close_code::message_too_big);
}

void session_endpoint::on_flood(milliseconds wait) {
    if (!peer_->closing())
        send({"protocol.flood", "Too many messages; the last one was dropped.", true, wait, ""});
}

void session_endpoint::violated(const protocol::error& what, close_code when_repeated) {
    if (peer_->closing()) return;
    send(what);
    if (++violations_ < tolerated_violations) return;
    peer_->close(when_repeated, what.code);
}

void session_endpoint::send(const protocol::error& frame) {
    peer_->send(protocol::encode(frame));
}

void session_endpoint::restart_heartbeat() {
    auto silence = attachment_ ? attachment_->granted().heartbeat : house_.limits.heartbeat;
    silent_too_long_ = house_.env.steady_now() + silence;
    // An alarm that rings too early is set again then, which is cheaper than to move it with each frame.
    if (!heartbeat_.armed() || heartbeat_due_ > silent_too_long_) await_silence();
}

void session_endpoint::await_silence() {
    heartbeat_due_ = silent_too_long_;
    heartbeat_.arm(heartbeat_due_, [this] {
        if (house_.env.has_come(silent_too_long_))
            ask_for_life();
        else
            await_silence();
    });
}

void session_endpoint::ask_for_life() {
    if (!attachment_ || !attachment_->welcomed()) {
        // The client has said hello, or still may: it is the server that owes an answer.
        if (attachment_)
            attachment_->overloaded("The session can't be opened now; connect again.", come_back_after);
        return;
    }
    peer_->send(protocol::encode_ping(house_.env.utc_now()));
    heartbeat_due_ = steady_time::max(); // any sign of life moves it
    heartbeat_.arm_after(house_.limits.heartbeat_answer,
                         [this] { peer_->close(close_code::no_pong, "no sign of life"); });
}

void session_endpoint::on_drained() {
    if (attachment_) attachment_->drained();
}

void session_endpoint::on_closed(const websocket::closed& why) {
    hello_deadline_.disarm();
    heartbeat_.disarm();
    watch_.stop();
    if (!attachment_) return;
    auto live = attachment_->bound();
    attachment_->peer_closed();
    if (!live) return;
    log::info("detached",
              {{"session", live->id().text}, {"device", attachment_->device().text}, {"code", why.code}});
    live->detach(*attachment_);
}

} // namespace rejoinder::service
