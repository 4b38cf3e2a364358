#include "service/recording/recorded_handler.hpp"

#include "persistence/json.hpp"

#include <utility>

namespace rejoinder::service {
namespace {

constexpr std::size_t most_early = 32;
constexpr std::size_t most_early_bytes = 64 << 10;

/// Whose welcome a message is, if it is one that lets in.
std::optional<session_id> welcomed_session(std::string_view text) {
    auto parsed = parse_json(text, stored_limits);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    const auto* type = find_pointer(parsed.value, "/type");
    const auto* session = find_pointer(parsed.value, "/session");
    if (!type || *type != "welcome" || !session || !session->is_string()) return std::nullopt;
    return session_id{session->get<std::string>()};
}

} // namespace

void recorded_handler::on_open(websocket::connection& peer) {
    peer_ = &peer;
    inner_->on_open(*this);
}

void recorded_handler::on_text(std::string_view text) {
    note(recorded_message::direction::in, text);
    inner_->on_text(text);
}

void recorded_handler::on_closed(const websocket::closed& why) {
    inner_->on_closed(why);
    if (session_) recorder_.detached(*session_, env_.utc_now(), why.code);
}

void recorded_handler::send(std::string text) {
    note_sent(text);
    peer_->send(std::move(text));
}

void recorded_handler::send_at(steady_time due, std::string text) {
    note_sent(text);
    peer_->send_at(due, std::move(text));
}

void recorded_handler::note_sent(const std::string& text) {
    if (peer_->closing()) return; // it will not leave
    auto session = session_ ? std::nullopt : welcomed_session(text);
    note(recorded_message::direction::out, text);
    if (session) begin(std::move(*session));
}

void recorded_handler::note(recorded_message::direction way, std::string_view text) {
    if (session_) {
        recorder_.frame(*session_, way, env_.utc_now(), std::string(text));
        return;
    }
    early_bytes_ += text.size();
    early_.push_back({way, env_.utc_now(), std::string(text)});
    while (early_.size() > most_early || early_bytes_ > most_early_bytes) {
        early_bytes_ -= early_.front().text.size();
        early_.pop_front();
    }
}

void recorded_handler::begin(session_id session) {
    session_ = std::move(session);
    recorder_.attached(*session_);
    for (auto& [way, at, text] : std::exchange(early_, {}))
        recorder_.frame(*session_, way, at, std::move(text));
    early_bytes_ = 0;
}

} // namespace rejoinder::service
