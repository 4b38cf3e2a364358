#include "service/recording/connection_notes.hpp"

#include "persistence/hash.hpp"
#include "websocket/connection.hpp"

#include <utility>

namespace rejoinder::service {

using direction = recorded_message::direction;

void connection_notes::text(direction way, std::string_view text) {
    note({way, env_.utc_now(), std::string(text), how_});
}

void connection_notes::audio(std::string_view bytes) {
    auto stands_for_it = to_text({{"audio", bytes.size()}, {"sha256", sha256_hex(bytes)}});
    note({direction::in, env_.utc_now(), std::move(stands_for_it), message_form::as_it_is});
}

void connection_notes::note(message one) {
    early_bytes_ += one.text.size();
    early_.push_back(std::move(one));
    hand_over();
    while (early_.size() > kept_.messages || early_bytes_ > kept_.bytes) {
        early_bytes_ -= early_.front().text.size();
        early_.pop_front();
    }
}

void connection_notes::is_of(const session_id& session) {
    static constexpr auto gone_elsewhere = static_cast<std::uint16_t>(websocket::close_code::normal);
    if (over_) return;
    auto former = std::exchange(session_, session);
    if (former && *former != session && std::exchange(attached_, false))
        recorder_.detached(*former, env_.utc_now(), gone_elsewhere);
    hand_over();
}

void connection_notes::closed(std::uint16_t code) {
    end_ = end{env_.utc_now(), code};
    hand_over();
}

void connection_notes::hand_over() {
    if (!session_ || over_) return;
    if (!attached_ && !recorder_.attached(*session_)) return;
    attached_ = true;
    for (auto& [way, at, text, how] : std::exchange(early_, {}))
        recorder_.frame(*session_, way, at, std::move(text), how);
    early_bytes_ = 0;
    if (!end_) return;
    recorder_.detached(*session_, end_->at, end_->code);
    over_ = true;
}

} // namespace rejoinder::service
