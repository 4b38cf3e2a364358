#pragma once

#include "websocket/listener.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// What a handler saw; outlives it.
struct witness {
    std::vector<std::string> seen;
    websocket::connection* peer = nullptr;
    std::optional<websocket::closed> over;
    std::size_t handlers = 0; ///< alive
};

/// Writes down what happens on a connection, and does nothing else.
class observing_handler : public websocket::connection_handler {
public:
    explicit observing_handler(std::shared_ptr<witness> notes) : notes_(std::move(notes)) {
        ++notes_->handlers;
    }
    ~observing_handler() override { --notes_->handlers; }

    void on_open(websocket::connection& peer) override {
        notes_->peer = &peer;
        notes_->seen.emplace_back("open");
    }
    void on_text(std::string_view text) override { notes_->seen.push_back("text " + std::string(text)); }
    void on_binary(std::string_view bytes) override {
        notes_->seen.push_back("binary " + std::to_string(bytes.size()));
    }
    void on_too_big(std::size_t limit) override {
        notes_->seen.push_back("too big " + std::to_string(limit));
    }
    void on_flood(milliseconds wait) override {
        notes_->seen.push_back("flood " + std::to_string(wait.count()));
    }
    void on_drained() override { notes_->seen.emplace_back("drained"); }
    void on_closed(const websocket::closed& why) override {
        notes_->seen.push_back("closed " + std::to_string(why.code));
        notes_->over = why;
        notes_->peer = nullptr;
    }

private:
    std::shared_ptr<witness> notes_;
};

} // namespace rejoinder::tests
