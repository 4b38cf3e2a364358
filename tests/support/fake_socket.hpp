#pragma once

#include "persistence/json.hpp"
#include "websocket/connection.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rejoinder::tests {

/// The server's side of a WebSocket without a network: what the handler sends is kept, in order, until the
/// test takes it, and the test decides when the peer speaks, reads or is gone.
class fake_socket final : public websocket::connection {
public:
    fake_socket(environment& env, std::unique_ptr<websocket::connection_handler> handler,
                websocket::connection_limits limits = {})
        : environment_(env), handler_(std::move(handler)), limits_(limits) {
        handler_->on_open(*this);
    }
    ~fake_socket() override { vanish(); }

    // ---- the test's side

    /// The client sends a message.
    void say(const json& frame) { say_text(to_text(frame)); }
    void say_text(const std::string& text) {
        if (handler_) handler_->on_text(text);
    }
    void say_audio(std::size_t bytes) {
        if (handler_) handler_->on_binary(std::string(bytes, '\0'));
    }

    /// The next message of the server; nothing when there is none.
    std::optional<json> next() {
        if (sent_.empty()) return std::nullopt;
        auto text = std::move(sent_.front().second);
        sent_.pop_front();
        bytes_ -= text.size();
        if (handler_ && !reading_) handler_->on_drained();
        return json::parse(text);
    }

    /// The next message of this type; those before it are thrown away.
    std::optional<json> next(const std::string& type) {
        while (auto frame = next())
            if (frame->value("type", "") == type) return frame;
        return std::nullopt;
    }

    std::size_t waiting() const noexcept { return sent_.size(); }

    /// When the next message may leave; nothing when there is none.
    std::optional<steady_time> next_due() const noexcept {
        if (sent_.empty()) return std::nullopt;
        return sent_.front().first;
    }

    /// Whether the server closed, and with which code.
    std::optional<websocket::close_code> closed_by_server() const noexcept { return close_; }

    /// The network is gone: the handler hears it and dies.
    void vanish() {
        if (!handler_) return;
        handler_->on_closed({1006, ""});
        handler_.reset();
    }

    websocket::connection_handler& handler() { return *handler_; }

    /// From now on the peer reads only what the test takes, so the outbox fills up.
    void stop_reading() noexcept { reading_ = false; }

    // ---- the handler's side

    void send(std::string text) override { send_at(environment_.steady_now(), std::move(text)); }
    void send_binary(std::string bytes) override { send(std::move(bytes)); }
    void send_at(steady_time due, std::string text) override {
        if (close_) return;
        bytes_ += text.size();
        sent_.emplace_back(due, std::move(text));
        if (!reading_ && (bytes_ > limits_.outbox_bytes || sent_.size() > limits_.outbox_frames))
            close_ = websocket::close_code::slow_consumer;
    }
    void close(websocket::close_code code, std::string_view) override {
        if (!close_) close_ = code;
    }
    void give_up(websocket::close_code code, std::string_view reason) override {
        close(code, reason);
        sent_.clear();
        bytes_ = 0;
    }
    void abort() override { close(websocket::close_code::going_away, ""); }
    std::size_t queued_bytes() const noexcept override { return reading_ ? 0 : bytes_; }
    std::size_t queued_frames() const noexcept override { return reading_ ? 0 : sent_.size(); }
    bool closing() const noexcept override { return close_.has_value(); }
    std::uint64_t number() const noexcept override { return 1; }

private:
    environment& environment_;
    std::unique_ptr<websocket::connection_handler> handler_;
    websocket::connection_limits limits_;
    std::deque<std::pair<steady_time, std::string>> sent_;
    std::size_t bytes_ = 0;
    bool reading_ = true;
    std::optional<websocket::close_code> close_;
};

} // namespace rejoinder::tests
