#include "service/attachment.hpp"

#include "websocket/protocol/codec.hpp"

#include <cassert>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::close_code;

attachment::attachment(executor ex, websocket::connection& peer, device_id device, places::place place,
                       refusal_handler on_refused)
    : peer_(&peer),
      device_(std::move(device)),
      place_(std::move(place)),
      on_refused_(std::move(on_refused)),
      drained_(ex) {}

void attachment::leave() noexcept {
    phase_ = phase::over;
    place_.reset();
}

void attachment::welcome(const protocol::welcome& frame, std::uint64_t next_event) {
    if (over()) return;
    token_ = frame.resume;
    next_event_ = next_event;
    phase_ = phase::replaying;
    peer_->send(protocol::encode(frame));
}

void attachment::refuse(refusal why) {
    if (over()) return;
    leave();
    on_refused_(why);
}

void attachment::send_snapshot(const protocol::snapshot& frame) {
    if (!over()) peer_->send(protocol::encode(frame));
}

void attachment::publish(const std::vector<protocol::event>& events) {
    if (phase_ != phase::live) return;
    for (const auto& e : events) {
        if (over()) return;
        assert(e.seq == next_event_ &&
               "the log is the send queue: nothing overtakes and nothing is left out");
        peer_->send(protocol::encode(e, protocol::delivery::live));
        ++next_event_;
    }
}

void attachment::replay(const std::vector<protocol::event>& events) {
    for (const auto& e : events) {
        if (over()) return;
        if (e.seq != next_event_) continue;
        peer_->send(protocol::encode(e, protocol::delivery::replayed));
        ++next_event_;
    }
}

void attachment::go_live() noexcept {
    if (!over()) phase_ = phase::live;
}

task<> attachment::room(std::size_t bytes, std::size_t frames) {
    while (!over() && (peer_->queued_bytes() > bytes || peer_->queued_frames() > frames))
        co_await drained_.wait();
}

void attachment::fall_behind() noexcept {
    if (phase_ == phase::live) phase_ = phase::replaying;
}

void attachment::overloaded(std::string_view reason, milliseconds after) {
    if (over()) return;
    peer_->send(protocol::encode(protocol::error{"overloaded", std::string(reason), true, after, ""}));
    close(close_code::overloaded, reason);
}

void attachment::taken_over(std::uint64_t generation, const device_id& by) {
    if (over()) return;
    peer_->send(protocol::encode(protocol::taken{generation, by}));
    close(close_code::taken_over, "another connection took the session over");
}

void attachment::ended(std::string_view reason) {
    if (over()) return;
    peer_->send(protocol::encode(protocol::bye{std::string(reason), false}));
    close(close_code::session_ended, reason);
}

void attachment::drain(milliseconds after, milliseconds deadline) {
    if (!over()) peer_->send(protocol::encode(protocol::drain{after, deadline}));
}

void attachment::close(close_code code, std::string_view reason) {
    if (over()) return;
    leave();
    peer_->close(code, reason);
    drained_.notify();
}

void attachment::peer_closed() {
    leave();
    peer_ = nullptr;
    drained_.notify();
}

void attachment::accepted(const turn_record& turn, novelty how) {
    answered();
    if (over()) return;
    protocol::accepted frame;
    frame.turn = turn.id;
    frame.status = turn.status;
    frame.duplicate = how == novelty::duplicate;
    if (auto outcome = parse_json(turn.outcome, stored_limits); outcome && !outcome.value.empty())
        frame.outcome = std::move(outcome.value);
    frame.first = turn.first;
    frame.last = turn.last;
    peer_->send(protocol::encode(frame));
}

void attachment::rejected(const rejection& why) {
    answered();
    if (over()) return;
    protocol::rejected frame{why.turn,  why.code,    why.message, why.retry == rejection::again::yes,
                             why.after, why.revision};
    peer_->send(protocol::encode(frame));
}

void attachment::lost(const turn_id&) {
    answered();
    close(close_code::commit_failed, "the turn could not be recorded; connect again and repeat it");
}

void attachment::answered() noexcept {
    if (unanswered_ > 0) --unanswered_;
}

} // namespace rejoinder::service
