#include "service/recording/recorded_handler.hpp"

#include "persistence/json.hpp"

#include <optional>
#include <utility>

namespace rejoinder::service {
namespace {

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
    notes_->text(recorded_message::direction::in, text);
    inner_->on_text(text);
}

void recorded_handler::on_binary(std::string_view bytes) {
    notes_->audio(bytes);
    inner_->on_binary(bytes);
}

void recorded_handler::on_closed(const websocket::closed& why) {
    inner_->on_closed(why);
    notes_->closed(why.code);
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
    notes_->text(recorded_message::direction::out, text);
    if (!awaits_welcome_) return;
    auto session = welcomed_session(text);
    if (!session) return;
    awaits_welcome_ = false;
    notes_->is_of(*session);
}

} // namespace rejoinder::service
