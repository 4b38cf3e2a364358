// How a socket lets its client in: the hello, its credentials, its session. What is said afterwards is
// session_endpoint.cpp's.

#include "persistence/hash.hpp"
#include "persistence/log.hpp"
#include "service/session_endpoint.hpp"
#include "websocket/counted_network.hpp"
#include "websocket/protocol/codec.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::close_code;

namespace {

/// What a client is told to wait when a session can't be opened now.
constexpr milliseconds come_back_after(1000);

/// What a client is told to wait when its user has as many connections as it may.
constexpr milliseconds wait_for_place(5000);

/// What a client is told to wait whose credentials are still being looked at.
constexpr milliseconds between_tokens(1000);

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
    } while (found.live && found.live->over() && !found.live->stillborn());
    if (auto why = found.live ? found.live->stillborn() : std::nullopt) {
        who->refuse(*why);
        co_return;
    }
    if (!found.live) {
        auto why = reason_for(request, found, env->utc_now());
        if (why == refusal::moved)
            who->moved(found.to);
        else
            who->refuse(why);
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
    return {heartbeat, static_cast<std::size_t>(credit), hello.mode};
}

} // namespace

void session_endpoint::handle(protocol::hello frame) {
    if (attachment_ || watch_.checking()) {
        violated({"protocol.hello_repeated", "This socket has said hello already.", false, {}, ""},
                 close_code::protocol_violated);
        return;
    }
    if (frame.protocol != protocol::version) {
        send({"protocol.version", "This server speaks version 1 of the protocol.", false, {}, ""});
        peer_->close(close_code::version_unsupported, "only version 1 is spoken here");
        return;
    }
    if (frame.session && house_.to_others &&
        house_.to_others->take_home(*frame.session, *peer_, address_, house_.address_attempts != nullptr,
                                    {was_refused_, violations_}))
        return;
    secret token(frame.token.value_or(""));
    stranger_ = stranger_key(token.bytes());
    if (house_.address_attempts && !attempt(*house_.address_attempts, network(), "address")) return;
    if (!attempt(house_.stranger_attempts, *stranger_, "device")) return;
    hello_deadline_.disarm();
    frame.token.reset();
    watch_.check(std::move(token),
                 [this, frame = std::move(frame)](const credentials::found_principal& found) {
                     identified(frame, found);
                 });
}

/// Counts an attempt; false, and the client is told to wait, when there were too many.
bool session_endpoint::attempt(websocket::rate_limit& of, const std::string& key, std::string_view whose) {
    auto wait = of.attempt(key, house_.env.steady_now());
    if (wait <= milliseconds(0)) return true;
    send({"overloaded", "This " + std::string(whose) + " tried too often without using the session; wait.",
          true, wait, ""});
    peer_->close(close_code::overloaded, "too many attempts");
    return false;
}

/// The credentials of the hello were looked at: from here on the client is somebody.
void session_endpoint::identified(protocol::hello frame, const credentials::found_principal& found) {
    if (peer_->closing()) return;
    device_ = frame.device;
    if (!found || is_somebody_else(*found)) {
        turn_away(found ? credentials::problem::invalid : found.error());
        return;
    }
    house_.stranger_attempts.forgive(stranger_.take().value_or(""));
    account_ = found->account;
    watch_.hold(*found);
    names_itself_ = house_.accounts && !found->device;
    if (names_itself_ && !attempt(house_.accounts->attempts, account_.text, "account")) return;
    if (!attempt(house_.attach_attempts, user_key(device_), "device")) return;
    count_as_attached();
    if (!frame.session && !frame.create) {
        refused(refusal::unknown);
        return;
    }
    look_up(std::move(frame), std::nullopt);
    restart_heartbeat(); // as the client wishes it
}

/// Whether a token was made out to another device than the one that the client says it is.
bool session_endpoint::is_somebody_else(const credentials::principal& who) const {
    return who.device && !equal_in_constant_time(who.device->text, device_.text);
}

void session_endpoint::handle(const protocol::token& frame) {
    confirm_welcome();
    if (watch_.checking()) {
        send({"credentials.busy", "Other credentials are being looked at; send these again.", true,
              between_tokens, "token"});
        return;
    }
    stranger_ = stranger_key(frame.text);
    if (!attempt(house_.stranger_attempts, *stranger_, "device")) return;
    watch_.check(secret(frame.text), [this](const credentials::found_principal& found) { renewed(found); });
}

/// New credentials were looked at: the client stays who it is, or leaves.
void session_endpoint::renewed(const credentials::found_principal& found) {
    if (peer_->closing()) return;
    if (!found || found->account != account_ || is_somebody_else(*found)) {
        turn_away(found ? credentials::problem::invalid : found.error());
        return;
    }
    house_.stranger_attempts.forgive(stranger_.take().value_or(""));
    watch_.hold(*found);
}

/// The client is not told why its credentials are not accepted, but for their end: it may have new ones.
void session_endpoint::turn_away(credentials::problem why) {
    using credentials::problem;
    if (peer_->closing()) return;
    log::info("credentials_refused",
              {{"device", device_.text}, {"address", address_}, {"why", to_string(why)}});
    auto code = close_code::credentials_invalid;
    protocol::error said{
        "credentials.invalid", "The server does not accept these credentials.", false, {}, ""};
    if (why == problem::expired) {
        code = close_code::credentials_expired;
        said = {"credentials.expired", "The credentials have expired; connect with new ones.", true, {}, ""};
    } else if (why == problem::unavailable) {
        code = close_code::overloaded;
        said = {"overloaded", "Credentials can't be looked at now; come back later.", true, come_back_after,
                ""};
    }
    send(said);
    if (attachment_) attachment_->close(code, said.message);
    peer_->close(code, said.message);
}

/// Has the session found or made, which takes the attachment or refuses it. `reason` tells why it is not the
/// one that the client asked for.
void session_endpoint::look_up(protocol::hello frame, std::optional<refusal> reason) {
    places::place place;
    if (!take_places(frame.device, place)) {
        send({"overloaded", "This user has as many connections as it may; close one of them.", true,
              wait_for_place, ""});
        peer_->close(close_code::overloaded, "too many connections of one user");
        return;
    }
    std::shared_ptr<protocol::hello> instead;
    if (frame.session && frame.create) {
        instead = std::make_shared<protocol::hello>(frame);
        instead->session.reset();
        instead->resume.reset();
    }
    attachment_ = std::make_shared<attachment>(*peer_, house_.limits.connection, frame.device,
                                               terms_for(frame, house_.limits), std::move(place),
                                               [this, instead](refusal why) { refused(why, instead.get()); });
    attach_request request{attachment_, account_, frame.resume, {frame.epoch, frame.ack}, reason};
    house_.tasks.spawn(admit(&house_.env, &house_.sessions, std::move(request), std::move(frame)));
}

/// The hello could not be granted. Where the client allowed it, a session that is gone is replaced by a new
/// one, for which it says `instead`; otherwise the socket stays for one more hello, unless the refusal is
/// final.
void session_endpoint::refused(refusal why, const protocol::hello* instead) {
    attachment_.reset();
    account_place_.reset();
    if (peer_->closing()) return; // nobody is there for another session
    switch (why) {
    case refusal::moved: // a client is told where by its attachment and does not come here
    case refusal::unavailable:
    case refusal::overloaded:
    case refusal::draining:
        send({std::string(to_string(why)), "The server can't open a session now; come back later.", true,
              why == refusal::overloaded ? wait_for_room() : come_back_after, ""});
        peer_->close(why == refusal::draining ? close_code::drained : close_code::overloaded, to_string(why));
        return;
    case refusal::identity:
        send_refusal(why);
        peer_->close(close_code::resume_refused, "the resume token is not valid");
        return;
    case refusal::damaged:
    case refusal::quarantined:
    case refusal::machine_failed:
        send_refusal(why);
        peer_->close(close_code::quarantined, "the session can't go on; the operator must look at it");
        return;
    case refusal::unknown:
        if (instead) {
            look_up(*instead, why);
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

/// Room comes slowly, so whoever finds none stays away for 1 to 5 s, by chance: not all come back together.
milliseconds session_endpoint::wait_for_room() const {
    static constexpr std::uint64_t most_more = 4000;
    return come_back_after + milliseconds(house_.env.random_number() % (most_more + 1));
}

/// Among the connections of the user, and of the account where that is bounded; false when one has all it
/// may.
bool session_endpoint::take_places(const device_id& device, places::place& of_user) {
    auto user = house_.attached.take(user_key(device), house_.limits.connections_per_user);
    if (!user) return false;
    if (names_itself_) {
        auto in_account =
            house_.accounts->attached.take(account_.text, house_.limits.connections_per_account);
        if (!in_account) return false;
        account_place_ = std::move(*in_account);
    }
    of_user = std::move(*user);
    return true;
}

std::string session_endpoint::user_key(const device_id& device) const {
    return account_.text + "/" + device.text;
}

/// What counts as its address.
std::string session_endpoint::network() const {
    return websocket::counted_network(address_);
}

/// Of somebody who has not shown yet who it is: by what is shown, so that nobody can use up the attempts of a
/// client whose token he does not have. Behind a proxy all have one address.
std::string session_endpoint::stranger_key(std::string_view token) const {
    return network() + "/" + sha256_hex(token);
}

void session_endpoint::send_refusal(refusal why) {
    protocol::welcome frame;
    frame.reason = to_string(why);
    peer_->send(protocol::encode(frame));
}

} // namespace rejoinder::service
