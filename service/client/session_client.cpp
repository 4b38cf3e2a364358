#include "service/client/session_client.hpp"

#include "websocket/error.hpp"
#include "websocket/protocol/frames.hpp"
#include "websocket/url.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

json to_json(const client_memory& memory) {
    return {{"device", memory.device}, {"session", memory.session}, {"resume", memory.resume},
            {"epoch", memory.epoch},   {"seen", memory.seen},       {"last_number", memory.last_number}};
}

bool restore(const json& stored, client_memory& out) try {
    client_memory restored;
    restored.device = stored.at("device");
    restored.session = stored.at("session");
    restored.resume = stored.at("resume");
    restored.epoch = stored.at("epoch");
    if (!stored.at("seen").is_number_unsigned() || !stored.at("last_number").is_number_unsigned())
        return false;
    restored.seen = stored.at("seen");
    restored.last_number = stored.at("last_number");
    out = std::move(restored);
    return true;
} catch (const json::exception&) {
    return false;
}

dialer dial_by_tcp(environment& env) {
    return [&env](websocket::client_options options) { return websocket::connect(env, std::move(options)); };
}

session_client::session_client(environment& env, std::string url, client_memory memory, secret token,
                               dialer dial)
    : env_(env),
      dial_(dial ? std::move(dial) : dial_by_tcp(env)),
      home_(std::move(url)),
      place_(home_),
      memory_(std::move(memory)),
      token_(std::move(token)),
      departure_(env) {}

task<result<json>> session_client::attach(std::optional<std::string> machine, milliseconds patience) {
    websocket::client_options options;
    options.url = place_;
    options.subprotocol = websocket::protocol::subprotocol;
    options.deadline = patience;
    options.limits.message = options.limits.message_hard;
    options.limits.messages_per_second = 1e9;
    options.limits.message_burst = 1e9;
    connection_.reset(); // what it ended with says nothing of the next one
    told_wait_.reset();
    auto dialing = dial_(std::move(options));
    auto connected = co_await std::move(dialing);
    if (!connected) {
        place_ = home_;
        co_return connected.error();
    }
    connection_ = std::move(*connected);
    open_.clear(); // who submitted them knows whether they still count
    departure_.disarm();
    distance_ = milliseconds(0);
    last_heard_ = env_.steady_now();

    json hello = {
        {"type", "hello"}, {"protocol", 1}, {"device", memory_.device}, {"create", machine.has_value()}};
    if (machine) hello["machine"] = *machine;
    if (!token_.empty()) hello["token"] = token_.bytes();
    if (!memory_.session.empty()) {
        hello["session"] = memory_.session;
        if (!memory_.resume.empty()) hello["resume"] = memory_.resume;
        if (!memory_.epoch.empty()) {
            hello["epoch"] = memory_.epoch;
            hello["ack"] = memory_.seen;
        }
    }
    send(hello);

    while (auto frame = co_await receive_frame(patience)) {
        if (frame->value("type", "") == "error" && frame->contains("after"))
            told_wait_ = milliseconds(frame->value("after", 1000));
        note_move(*frame);
        if (frame->value("type", "") != "welcome") continue;
        take_welcome(*frame);
        co_return std::move(*frame);
    }
    co_return make_error_code(websocket::errc::timed_out);
}

void session_client::note_move(const json& error) {
    if (error.value("type", "") != "error" || error.value("code", "") != "session.moved") return;
    auto to = error.value("to", "");
    if (!websocket::parse_url(to)) return;
    place_ = std::move(to);
    moved_ = true;
}

void session_client::take_welcome(const json& welcome) {
    auto outcome = welcome.value("outcome", "");
    if (outcome == "refused") return;
    memory_.session = welcome.value("session", "");
    memory_.resume = welcome.value("resume", "");
    // The position counts for an epoch only when it was reached in it: with a snapshot, once that has
    // arrived.
    auto epoch = welcome.value("epoch", "");
    memory_.epoch = outcome == "snapshot" ? "" : epoch;
    epoch_of_snapshot_ = std::move(epoch);
    memory_.last_number = std::max(memory_.last_number, welcome.value("last_number", std::uint64_t{0}));
    if (outcome == "new") memory_.seen = 0;
}

task<std::optional<json>> session_client::receive(milliseconds patience) {
    auto until = env_.steady_now() + patience;
    while (auto frame = co_await receive_frame(until - env_.steady_now())) {
        auto type = frame->value("type", "");
        note_move(*frame);
        if (type == "error" && frame->value("code", "") == "protocol.flood") {
            take_flood(*frame);
            continue;
        }
        if (type == "accepted" || type == "rejected")
            std::erase_if(open_, [&](const auto& one) { return one.id == frame->value("turn", ""); });
        if (type == "snapshot") {
            memory_.seen = frame->value("seq", std::uint64_t{0});
            memory_.epoch = epoch_of_snapshot_;
        }
        if (type == "event") {
            auto seq = frame->value("seq", std::uint64_t{0});
            if (seq <= memory_.seen) continue;
            bool follows = seq == memory_.seen + 1;
            if (follows)
                memory_.seen = seq; // what is missing otherwise is still to come
            else
                (*frame)["gap"] = true;
        }
        co_return frame;
    }
    co_return std::nullopt;
}

/// Any frame of the server, with pings answered on the way.
task<std::optional<json>> session_client::receive_frame(milliseconds patience) {
    auto until = env_.steady_now() + patience;
    auto connection = connection_;
    while (connection) {
        auto text = co_await connection->receive(std::max(milliseconds(0), until - env_.steady_now()));
        if (!text) break;
        last_heard_ = env_.steady_now();
        auto parsed = parse_json(*text, stored_limits);
        if (!parsed || !parsed.value.is_object()) continue;
        if (parsed.value.value("type", "") != "ping") co_return std::move(parsed.value);
        send({{"type", "pong"}});
    }
    co_return std::nullopt;
}

/// What was thrown away may have been another message than an open turn; then that one becomes a duplicate,
/// which has no effect. `after` is the time that was missing since the message before, so the turns' distance
/// grows by it.
void session_client::take_flood(const json& error) {
    ++floods_;
    milliseconds missing(error.value("after", 1000));
    distance_ += missing;
    due_ = env_.steady_now() + missing;
    for (auto& one : open_)
        one.sent = false;
    send_submissions();
}

void session_client::submit(const std::string& id, json input, std::optional<std::uint64_t> number) {
    auto given = number.value_or(memory_.last_number + 1);
    memory_.last_number = std::max(memory_.last_number, given);
    open_.push_back(
        {id, {{"type", "turn"}, {"id", id}, {"number", given}, {"input", std::move(input)}}, false});
    send_submissions();
}

/// Sends the open turns that were not sent, in order, each when it is due.
void session_client::send_submissions() {
    departure_.disarm();
    for (auto& one : open_) {
        if (one.sent) continue;
        if (distance_ > milliseconds(0) && !env_.has_come(due_)) {
            departure_.arm(due_, [this] { send_submissions(); });
            return;
        }
        due_ = env_.steady_now() + distance_;
        one.sent = true;
        send(one.frame);
    }
}

void session_client::send(const json& frame) {
    send_text(to_text(frame));
}

void session_client::send_text(std::string text) {
    if (connection_) connection_->send(std::move(text));
}

task<> session_client::cut() {
    departure_.disarm();
    if (!connection_) co_return;
    auto connection = std::move(connection_);
    co_await connection->cut();
}

task<> session_client::close() {
    departure_.disarm();
    if (!connection_) co_return;
    auto connection = std::move(connection_);
    co_await connection->close();
}

std::uint16_t session_client::close_code() const noexcept {
    if (!connection_) return 0;
    const auto& end = connection_->closed_with();
    return end ? end->code : 0;
}

} // namespace rejoinder::service
