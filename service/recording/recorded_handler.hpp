#pragma once

#include "persistence/environment.hpp"
#include "service/recording/recorder.hpp"
#include "websocket/connection.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace rejoinder::service {

/// Stands between a connection and its handler, which notice nothing of it, and records what passes: what the
/// client has sent, and what was handed to the connection, which a cut may have kept from arriving.
///
/// Which session it is, the welcome tells. What passed before it is kept until then: 32 messages and 64 KiB,
/// of which the oldest go first; without a welcome nothing is recorded.
class recorded_handler final : public websocket::connection_handler, private websocket::connection {
public:
    /// `env` and `into` outlive it.
    recorded_handler(environment& env, recorder& into, std::unique_ptr<websocket::connection_handler> inner)
        : env_(env), recorder_(into), inner_(std::move(inner)) {}

    void on_open(websocket::connection& peer) override;
    void on_text(std::string_view text) override;
    void on_binary(std::string_view bytes) override { inner_->on_binary(bytes); }
    void on_too_big(std::size_t limit) override { inner_->on_too_big(limit); }
    void on_flood(milliseconds wait) override { inner_->on_flood(wait); }
    void on_drained() override { inner_->on_drained(); }
    void on_closed(const websocket::closed& why) override;

private:
    struct message {
        recorded_message::direction way;
        utc_time at;
        std::string text;
    };

    void send(std::string text) override;
    void send_binary(std::string bytes) override { peer_->send_binary(std::move(bytes)); }
    void send_at(steady_time due, std::string text) override;
    void close(websocket::close_code code, std::string_view reason) override { peer_->close(code, reason); }
    void abort() override { peer_->abort(); }
    std::size_t queued_bytes() const noexcept override { return peer_->queued_bytes(); }
    std::size_t queued_frames() const noexcept override { return peer_->queued_frames(); }
    bool closing() const noexcept override { return peer_->closing(); }
    std::uint64_t number() const noexcept override { return peer_->number(); }

    void note_sent(const std::string& text);
    void note(recorded_message::direction way, std::string_view text);
    void begin(session_id session);

    environment& env_;
    recorder& recorder_;
    std::unique_ptr<websocket::connection_handler> inner_;
    websocket::connection* peer_ = nullptr;
    std::optional<session_id> session_; ///< from the welcome on
    std::deque<message> early_;         ///< before it
    std::size_t early_bytes_ = 0;
};

} // namespace rejoinder::service
