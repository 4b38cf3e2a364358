#pragma once

#include "service/recording/connection_notes.hpp"
#include "websocket/moving.hpp"

#include <memory>
#include <string>
#include <utility>

namespace rejoinder::service {

/// Stands between a connection and its handler, which notice nothing of it, and takes down what passes: what
/// the client has sent, and what was handed to the connection.
class recorded_handler final : public websocket::connection_handler, private websocket::connection {
public:
    /// How it becomes known which session the connection is of.
    enum class named_by {
        welcome, ///< of rejoinder.v1, which passes here
        others   ///< who tell the notes
    };

    recorded_handler(std::shared_ptr<connection_notes> notes, named_by how,
                     std::unique_ptr<websocket::connection_handler> inner)
        : notes_(std::move(notes)), awaits_welcome_(how == named_by::welcome), inner_(std::move(inner)) {}

    void on_open(websocket::connection& peer) override;
    void on_text(std::string_view text) override;
    void on_binary(std::string_view bytes) override;
    void on_too_big(std::size_t limit) override { inner_->on_too_big(limit); }
    void on_flood(milliseconds wait) override { inner_->on_flood(wait); }
    void on_drained() override { inner_->on_drained(); }
    void on_closed(const websocket::closed& why) override;

private:
    void send(std::string text) override;
    void send_binary(std::string bytes) override { peer_->send_binary(std::move(bytes)); }
    void send_at(steady_time due, std::string text) override;
    void close(websocket::close_code code, std::string_view reason) override { peer_->close(code, reason); }
    void give_up(websocket::close_code code, std::string_view reason) override {
        peer_->give_up(code, reason);
    }
    void abort() override { peer_->abort(); }
    /// What was taken down here is of nobody: the next handler hears again what counts.
    bool move_to(std::shared_ptr<websocket::landing> there, websocket::handler_maker make) override {
        return peer_->move_to(std::move(there), std::move(make));
    }
    std::size_t queued_bytes() const noexcept override { return peer_->queued_bytes(); }
    std::size_t queued_frames() const noexcept override { return peer_->queued_frames(); }
    bool closing() const noexcept override { return peer_->closing(); }
    std::uint64_t number() const noexcept override { return peer_->number(); }

    void note_sent(const std::string& text);

    std::shared_ptr<connection_notes> notes_;
    bool awaits_welcome_; ///< until one has passed
    std::unique_ptr<websocket::connection_handler> inner_;
    websocket::connection* peer_ = nullptr;
};

} // namespace rejoinder::service
