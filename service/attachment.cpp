#include "service/attachment.hpp"

#include "persistence/log.hpp"
#include "service/session.hpp"
#include "websocket/protocol/codec.hpp"

#include <algorithm>
#include <cassert>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::close_code;

attachment::attachment(websocket::connection& peer, const websocket::connection_limits& limits,
                       device_id device, terms granted, places::place place, refusal_handler on_refused)
    : peer_(&peer),
      outbox_bytes_(limits.outbox_bytes),
      outbox_frames_(limits.outbox_frames),
      device_(std::move(device)),
      granted_(granted),
      place_(std::move(place)),
      on_refused_(std::move(on_refused)) {}

void attachment::leave() noexcept {
    phase_ = phase::over;
    place_.reset();
}

void attachment::welcome(const protocol::welcome& frame, std::uint64_t next_event) {
    if (over()) return;
    on_refused_.reset();
    token_ = frame.resume;
    next_event_ = next_event;
    phase_ = phase::replaying;
    peer_->send(protocol::encode(frame));
}

void attachment::refuse(refusal why) {
    if (over()) return;
    leave();
    if (auto tell = on_refused_.take()) (*tell)(why);
}

void attachment::moved(const std::string& to) {
    if (over()) return;
    peer_->send(protocol::encode(
        protocol::error{"session.moved", "Another server has this session.", true, {}, "", to}));
    close(close_code::moved, "another server has this session");
}

bool attachment::send_snapshot(const protocol::snapshot& frame) {
    if (over()) return true;
    auto text = protocol::encode(frame);
    if (peer_->queued_bytes() + text.size() > outbox_bytes_) return false;
    peer_->send(std::move(text));
    return true;
}

bool attachment::fits(std::size_t bytes, std::size_t frames) const noexcept {
    return peer_->queued_bytes() + bytes <= outbox_bytes_ / 2 &&
           peer_->queued_frames() + frames <= outbox_frames_ / 2;
}

bool attachment::publish(protocol::live_events events) {
    std::size_t bytes = 0;
    for (const auto& frame : events.frames)
        bytes += frame.size();
    if (!fits(bytes, events.frames.size())) {
        phase_ = phase::replaying;
        return false;
    }
    assert((events.frames.empty() || events.first == next_event_) &&
           "the log is the send queue: nothing overtakes and nothing is left out");
    for (auto& frame : events.frames)
        peer_->send(std::move(frame));
    next_event_ += events.frames.size();
    return true;
}

void attachment::preview(const turn_id& turn, std::uint64_t attempt, std::string_view text) {
    if (!live()) return;
    if (!shown_ || shown_->turn != turn || shown_->attempt != attempt)
        shown_ = shown_preview{turn, attempt, 0};
    if (shown_->size >= text.size()) return;
    json more{{"text", text.substr(shown_->size)}};
    auto frame = protocol::encode(protocol::part{turn, attempt, shown_->size, std::move(more)});
    if (!fits(frame.size(), 1)) return;
    shown_->size = text.size();
    peer_->send(std::move(frame));
}

task<bool> attachment::replay(protocol::event next) {
    auto frame = protocol::encode(next, protocol::delivery::replayed);
    if (frame.size() > outbox_bytes_) co_return false;
    auto leave = std::min(outbox_bytes_ / 2, outbox_bytes_ - frame.size());
    while (!over() && (peer_->queued_bytes() > leave || peer_->queued_frames() > outbox_frames_ / 2))
        co_await drained_.wait();
    if (over()) co_return true;
    peer_->send(std::move(frame));
    ++next_event_;
    co_return true;
}

void attachment::go_live() noexcept {
    if (!over()) phase_ = phase::live;
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

void attachment::kept_out() {
    if (over()) return;
    static constexpr std::string_view why = "another connection controls the session";
    peer_->send(
        protocol::encode(protocol::error{"session.attached_elsewhere", std::string(why), false, {}, ""}));
    close(close_code::attached_elsewhere, why);
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
    send_accepted(turn, how);
}

void attachment::tell(const turn_record& turn) {
    send_accepted(turn, novelty::duplicate);
}

void attachment::tell(const protocol::error& what) {
    if (!over()) peer_->send(protocol::encode(what));
}

void attachment::send_accepted(const turn_record& turn, novelty how) {
    if (over()) return;
    protocol::accepted frame;
    frame.turn = turn.id;
    frame.status = turn.status;
    frame.duplicate = how == novelty::duplicate;
    static constexpr std::string_view nothing_to_tell = "{}";
    if (turn.outcome != nothing_to_tell)
        if (auto outcome = parse_json(turn.outcome, stored_limits); outcome && !outcome.value.empty())
            frame.outcome = std::move(outcome.value);
    frame.queue = turn.ahead;
    if (has_ended(turn) && turn.first != 0) {
        frame.first = turn.first;
        frame.last = turn.last;
    }
    peer_->send(protocol::encode(frame));
}

void attachment::rejected(const rejection& why) {
    answered();
    if (over()) return;
    auto live = session_.lock();
    log::info("turn_rejected",
              {{"session", live ? live->id().text : ""}, {"turn", why.turn.text}, {"code", why.code}});
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
