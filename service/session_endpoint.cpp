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

/// What a client is told to wait when a session can't be opened now.
constexpr milliseconds come_back_after(1000);

/// What a client is told to wait when its user has as many connections as it may.
constexpr milliseconds wait_for_place(5000);

/// A client can't ask to be asked more often.
constexpr milliseconds least_heartbeat(1000);

/// What the client is told when there is no session for it.
refusal reason_for(const attach_request& request, const found_session& found, utc_time now) {
    auto why = found.why.value_or(refusal::unavailable);
    if (!found.owner) return why;
    const auto& [row, devices, epoch] = *found.owner;
    return problem_of(request, row, devices ? &*devices : nullptr, epoch, now).value_or(why);
}

/// Looks the session up and asks it to take the attachment. Holds nothing of the endpoint.
task<> admit(environment* env, registry* sessions, attach_request request, protocol::hello hello) {
    const auto& who = request.who;
    found_session found;
    // A session may take its leave between being found and being used; the next look finds it anew.
    do {
        if (auto wanted = hello.session)
            found = co_await sessions->find(*wanted);
        else
            found = sessions->create(request.account, hello.device, hello.machine.value_or(""));
        if (who->over()) co_return;
    } while (found.live && found.live->over());
    if (!found.live) {
        who->refuse(reason_for(request, found, env->utc_now()));
        co_return;
    }
    who->bind(found.live);
    if (found.live->attach(request) != delivery::queued)
        who->overloaded("The session has too much to do; connect again.", milliseconds(1000));
}

/// A client may wish for less than the server's bounds, not for more.
attachment::terms terms_for(const protocol::hello& hello, const settings& limits) {
    auto heartbeat = std::clamp(hello.heartbeat.value_or(limits.heartbeat),
                                std::min(least_heartbeat, limits.heartbeat), limits.heartbeat);
    auto credit = std::clamp<std::uint64_t>(hello.credit.value_or(limits.credit), 1, limits.credit);
    return {heartbeat, static_cast<std::size_t>(credit)};
}

/// Events that the server makes: who could send them would move a machine past its own guards.
bool is_reserved(std::string_view event) {
    return event.starts_with("xstate.") || event.starts_with("robot.") || event.starts_with("device.");
}

statemachine::event make_event(protocol::turn_input input) {
    if (input.text) return {"turn.text", {{"text", std::move(*input.text)}}};
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
    if (frame.expires_in) request.expires = env.steady_now() + *frame.expires_in;
    request.received = env.utc_now();
    request.listener = std::move(from);
    return request;
}

} // namespace

session_endpoint::session_endpoint(endpoint_house house, account_id account)
    : house_(house), account_(std::move(account)), hello_deadline_(house.env), heartbeat_(house.env) {
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
    auto decoded = protocol::decode(text);
    if (auto* wrong = std::get_if<protocol::frame_error>(&decoded)) {
        if (wrong->code == "protocol.unknown_type")
            send({wrong->code, wrong->message, false, {}, ""});
        else
            violated({wrong->code, wrong->message, false, {}, wrong->ref}, close_code::protocol_violated);
        return;
    }
    auto& frame = std::get<protocol::client_frame>(decoded);
    if (!attachment_ && !std::holds_alternative<protocol::hello>(frame)) {
        send({"protocol.hello_expected", "The first frame must be a hello.", false, {}, ""});
        peer_->close(close_code::protocol_violated, "the first frame was no hello");
        return;
    }
    std::visit([this](auto& f) { handle(std::move(f)); }, frame);
}

// ---- hello

void session_endpoint::handle(protocol::hello frame) {
    if (attachment_) {
        violated({"protocol.hello_repeated", "This socket has said hello already.", false, {}, ""},
                 close_code::protocol_violated);
        return;
    }
    if (frame.protocol != protocol::version) {
        send({"protocol.version", "This server speaks version 1 of the protocol.", false, {}, ""});
        peer_->close(close_code::version_unsupported, "only version 1 is spoken here");
        return;
    }
    if (frame.mode != protocol::attach_mode::control) {
        send({"protocol.mode", "This server does not serve observers.", false, {}, ""});
        peer_->close(close_code::not_allowed, "observers are not served");
        return;
    }
    if (auto wait = house_.attach_attempts.attempt(user_key(frame.device), house_.env.steady_now());
        wait > milliseconds(0)) {
        send({"overloaded", "This device tried too often without using the session; wait.", true, wait, ""});
        peer_->close(close_code::overloaded, "too many attempts");
        return;
    }
    hello_deadline_.disarm();
    count_as_attached();
    hello_ = frame;
    if (!frame.session && !frame.create) {
        refused(refusal::unknown);
        return;
    }
    look_up(std::move(frame), std::nullopt);
    restart_heartbeat(); // as the client wishes it
}

/// Has the session found or made, which takes the attachment or refuses it. `reason` tells why it is not the
/// one that the client asked for.
void session_endpoint::look_up(protocol::hello frame, std::optional<refusal> reason) {
    auto place = house_.attached.take(user_key(frame.device), house_.limits.connections_per_user);
    if (!place) {
        send({"overloaded", "This user has as many connections as it may; close one of them.", true,
              wait_for_place, ""});
        peer_->close(close_code::overloaded, "too many connections of one user");
        return;
    }
    attachment_ = std::make_shared<attachment>(house_.env.get_executor(), *peer_, house_.limits.connection,
                                               frame.device, terms_for(frame, house_.limits),
                                               std::move(*place), [this](refusal why) { refused(why); });
    attach_request request{attachment_, account_, frame.resume, {frame.epoch, frame.ack}, reason};
    house_.tasks.spawn(admit(&house_.env, &house_.sessions, std::move(request), std::move(frame)));
}

/// The hello could not be granted. Where the client allowed it, a session that is gone is replaced by a new
/// one; otherwise the socket stays for one more hello, unless the refusal is final.
void session_endpoint::refused(refusal why) {
    attachment_.reset();
    switch (why) {
    case refusal::unavailable:
    case refusal::overloaded:
    case refusal::draining:
        send({std::string(to_string(why)), "The server can't open a session now; come back later.", true,
              come_back_after, ""});
        peer_->close(why == refusal::draining ? close_code::drained : close_code::overloaded, to_string(why));
        return;
    case refusal::identity:
        send_refusal(why);
        peer_->close(close_code::resume_refused, "the resume token is not valid");
        return;
    case refusal::damaged:
    case refusal::machine_failed:
        send_refusal(why);
        peer_->close(close_code::quarantined, "the session can't go on; the operator must look at it");
        return;
    case refusal::unknown:
        if (hello_.session && hello_.create) {
            auto again = std::exchange(hello_, {});
            again.session.reset();
            again.resume.reset();
            look_up(std::move(again), why);
            return;
        }
        break;
    case refusal::devices:
    case refusal::unknown_machine:
    case refusal::machine:
        break;
    }
    send_refusal(why);
    if (std::exchange(was_refused_, true))
        peer_->close(close_code::idle, "refused twice");
    else
        await_hello();
}

void session_endpoint::send_refusal(refusal why) {
    protocol::welcome frame;
    frame.reason = to_string(why);
    peer_->send(protocol::encode(frame));
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
    if (live && !std::exchange(was_useful_, true))
        house_.attach_attempts.forgive(user_key(attachment_->device()));
    return live;
}

std::string session_endpoint::user_key(const device_id& device) const {
    return account_.text + "/" + device.text;
}

void session_endpoint::handle(protocol::turn frame) {
    auto live = confirm_use();
    auto reject = [&](std::string code, std::string message, std::optional<milliseconds> after) {
        peer_->send(protocol::encode(
            protocol::rejected{frame.id, std::move(code), std::move(message), after.has_value(), after, {}}));
    };
    if (frame.policy != protocol::overlap_policy::queue) {
        reject("turn.policy_not_served", "Turns can only be queued on this server; leave the policy out.",
               {});
    } else if (frame.input.event && is_reserved(*frame.input.event)) {
        reject("turn.reserved_event", "Events of this name are made by the server alone.", {});
    } else if (!live) {
        reject("session.not_attached", "There is no session on this socket yet; wait for the welcome.",
               milliseconds(250));
    } else if (attachment_->unanswered() >= attachment_->granted().credit) {
        reject("turn.no_credit", "Too many turns wait for an answer; wait for one.", milliseconds(250));
    } else {
        auto id = frame.id;
        attachment_->submitted();
        auto sent = live->submit(make_request(std::move(frame), attachment_, house_.env));
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
        if (live->end({attachment_}) == delivery::queued) return;
        peer_->close(close_code::overloaded, "the session has too much to do; try again");
        return;
    }
    peer_->send(protocol::encode(protocol::bye{"goodbye", true}));
    peer_->close(close_code::normal, "goodbye");
}

void session_endpoint::handle(const protocol::unserved& frame) {
    confirm_welcome();
    send({"protocol.not_served",
          "This version of the server has no use for frames of this type.",
          false,
          {},
          frame.type});
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
    heartbeat_.arm_after(silence, [this] { ask_for_life(); });
}

void session_endpoint::ask_for_life() {
    if (!attachment_ || !attachment_->welcomed()) {
        // The client has said hello, or still may: it is the server that owes an answer.
        if (attachment_)
            attachment_->overloaded("The session can't be opened now; connect again.", come_back_after);
        return;
    }
    peer_->send(protocol::encode_ping(house_.env.utc_now()));
    heartbeat_.arm_after(house_.limits.heartbeat_answer,
                         [this] { peer_->close(close_code::no_pong, "no sign of life"); });
}

void session_endpoint::on_drained() {
    if (attachment_) attachment_->drained();
}

void session_endpoint::on_closed(const websocket::closed& why) {
    hello_deadline_.disarm();
    heartbeat_.disarm();
    if (!attachment_) return;
    auto live = attachment_->bound();
    attachment_->peer_closed();
    if (!live) return;
    log::info("detached",
              {{"session", live->id().text}, {"device", attachment_->device().text}, {"code", why.code}});
    live->detach(*attachment_);
}

} // namespace rejoinder::service
