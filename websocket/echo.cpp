#include "websocket/echo.hpp"

#include <string>

namespace rejoinder::websocket {
namespace {

constexpr std::size_t largest_message = 16 << 20;

class echo final : public connection_handler {
public:
    void on_open(connection& peer) override { peer_ = &peer; }
    void on_text(std::string_view text) override { peer_->send(std::string(text)); }
    void on_binary(std::string_view bytes) override { peer_->send_binary(std::string(bytes)); }
    void on_too_big(std::size_t) override { peer_->close(close_code::too_big, "at most 16 MiB"); }
    void on_closed(const closed&) override { peer_ = nullptr; }

private:
    connection* peer_ = nullptr;
};

} // namespace

std::unique_ptr<connection_handler> make_echo() {
    return std::make_unique<echo>();
}

connection_limits echo_limits() noexcept {
    connection_limits limits;
    limits.message = largest_message;
    limits.message_hard = largest_message;
    limits.outbox_bytes = 2 * largest_message;
    limits.outbox_frames = 65536;
    limits.messages_per_second = limits.message_burst = 1e9;
    limits.control_frames_per_second = 1e6;
    limits.fragments = largest_message;
    limits.text_only = false;
    return limits;
}

} // namespace rejoinder::websocket
