#include "websocket/robot/transaction.hpp"

#include "persistence/hash.hpp"
#include "persistence/ids.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::websocket::robot {
namespace {

std::vector<action> only(action what) {
    std::vector<action> actions;
    actions.push_back(std::move(what));
    return actions;
}

} // namespace

transactions::transactions(std::string connection, const transaction_limits& limits, steady_time opened)
    : connection_(std::move(connection)), limits_(limits), ends_(opened + limits.connection_life) {}

std::vector<action> transactions::on_text(std::string_view text, steady_time now) {
    auto actions = on_time(now);
    if (over_) return actions;
    ++frames_;
    auto parsed = parse_frame(text);
    if (auto* wrong = std::get_if<frame_error>(&parsed)) {
        over_ = true;
        actions.push_back(hang_up{close_code::bad_payload, wrong->message});
        return actions;
    }
    for (auto& next : take(std::get<frame>(parsed), now))
        actions.push_back(std::move(next));
    return actions;
}

std::vector<action> transactions::on_audio(std::size_t bytes, steady_time now) {
    auto actions = on_time(now);
    if (over_) return actions;
    ++frames_;
    audio_bytes_ += bytes;
    if (audio_bytes_ > limits_.audio_bytes) {
        over_ = true;
        actions.push_back(hang_up{close_code::too_big, "too much audio on one connection"});
        return actions;
    }
    auto* hearing = listening();
    if (hearing && hearing->silence > milliseconds::zero()) {
        hearing->no_input = now + hearing->silence;
        hearing->silence = milliseconds::zero();
    }
    return actions;
}

std::vector<action> transactions::on_time(steady_time now) {
    std::vector<action> actions;
    if (over_) return actions;
    for (auto& in : open_) {
        if (!in.no_input || *in.no_input > now) continue;
        in.no_input.reset();
        input nothing{input_kind::silence, in.listen, in.id, {}, {}, json::object(), in.rules};
        actions.push_back(submit{std::move(nothing)});
    }
    std::erase_if(open_, [now](const transaction& in) { return in.ends <= now; });
    if (ends_ <= now) {
        over_ = true;
        actions.push_back(hang_up{close_code::normal, "the connection was open for its whole life"});
    }
    return actions;
}

steady_time transactions::next_deadline() const noexcept {
    auto next = ends_;
    for (const auto& in : open_)
        next = std::min({next, in.ends, in.no_input.value_or(next)});
    return next;
}

bool transactions::expects_more() const noexcept {
    return std::ranges::any_of(open_, [](const transaction& in) {
        return in.no_input || in.silence > milliseconds::zero() || !in.unheard.empty();
    });
}

std::vector<action> transactions::take(const frame& received, steady_time now) {
    if (std::holds_alternative<unknown>(received.body)) return {};
    auto* in = find_or_open(received.transaction, now);
    if (!in) {
        over_ = true;
        return only(hang_up{close_code::policy, "too many open transactions on one connection"});
    }
    std::vector<action> actions;
    std::visit([&](const auto& body) { take(*in, body, identity_of(received), actions); }, received.body);
    return actions;
}

void transactions::take(transaction& in, const listen& heard_already, const std::string& identity,
                        std::vector<action>& out) {
    listening_ = in.id;
    in.listen = identity;
    in.rules = heard_already.rules;
    in.silence = heard_already.silence;
    in.no_input.reset();
    in.unheard.clear();
    if (!heard_already.text.empty()) out.push_back(submit{heard(in, identity, heard_already.text)});
}

void transactions::take(transaction& in, const client_nlu& understood, const std::string& identity,
                        std::vector<action>& out) {
    auto what = heard(in, identity, {});
    what.kind = input_kind::intent;
    what.intent = understood.intent;
    what.entities = understood.entities;
    if (!understood.rules.empty()) what.rules = understood.rules;
    out.push_back(submit{std::move(what)});
}

void transactions::take(transaction& in, const client_asr& said, const std::string& identity,
                        std::vector<action>& out) {
    const auto& text = said.text.empty() ? in.hint : said.text;
    if (text.empty())
        in.unheard = identity;
    else
        out.push_back(submit{heard(in, identity, text)});
}

void transactions::take(transaction& in, const trigger& asked, const std::string& identity,
                        std::vector<action>& out) {
    input what{input_kind::trigger, identity, in.id, {}, {}, asked.data, in.rules};
    out.push_back(submit{std::move(what)});
}

void transactions::take(transaction& in, const device_context& seen, const std::string& identity,
                        std::vector<action>& out) {
    out.push_back(remember_context{identity, in.id, seen.data, seen.robot_id});
    in.hint = seen.transcript_hint;
    if (in.hint.empty() || in.unheard.empty()) return;
    auto waiting = in.unheard; // which an input clears
    out.push_back(submit{heard(in, waiting, in.hint)});
}

void transactions::take(transaction&, const unknown&, const std::string&, std::vector<action>&) {}

/// An input ends the wait for one.
input transactions::heard(transaction& in, const std::string& identity, std::string text) {
    in.silence = milliseconds::zero();
    in.no_input.reset();
    in.unheard.clear();
    return {input_kind::text, identity, in.id, std::move(text), {}, json::object(), in.rules};
}

transactions::transaction* transactions::find_or_open(const std::string& id, steady_time now) {
    auto found = std::ranges::find(open_, id, &transaction::id);
    if (found != open_.end()) return &*found;
    if (open_.size() >= limits_.open_transactions) return nullptr;
    auto& opened = open_.emplace_back();
    opened.id = id;
    opened.ends = now + limits_.transaction_life;
    return &opened;
}

transactions::transaction* transactions::listening() noexcept {
    if (!listening_) return nullptr;
    auto found = std::ranges::find(open_, *listening_, &transaction::id);
    return found == open_.end() ? nullptr : &*found;
}

/// `transID:msgID` where that is a client id; hashed where it is too long or has other characters. The three
/// forms (one colon, two colons, none) cannot meet, and U+0000, which no parsed text holds, keeps hashed
/// parts apart.
std::string transactions::identity_of(const frame& received) const {
    if (received.message.empty()) return connection_ + "::" + std::to_string(frames_);
    auto plain = received.transaction + ':' + received.message;
    if (is_client_id(plain) && std::ranges::count(plain, ':') == 1) return plain;
    return sha256_hex(received.transaction + '\0' + received.message);
}

} // namespace rejoinder::websocket::robot
