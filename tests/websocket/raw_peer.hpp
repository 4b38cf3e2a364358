#pragma once

#include "persistence/task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rejoinder::tests {

/// A frame as the wire has it.
struct raw_frame {
    int opcode = 0;
    bool last = true;
    std::string payload;

    /// Of a close frame.
    int code() const {
        if (payload.size() < 2) return 0;
        return static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
    }
};

enum class masking { masked, unmasked };

/// The bytes of a frame; `first` is the byte with the opcode and its flags, such as 0x81 for a whole text.
inline std::string frame_bytes(int first, std::string_view payload, masking how = masking::masked) {
    std::string bytes(1, static_cast<char>(first));
    auto mask_bit = how == masking::masked ? 0x80 : 0;
    auto size = payload.size();
    if (size < 126) {
        bytes += static_cast<char>(mask_bit | static_cast<int>(size));
    } else {
        int length_bytes = size < 65536 ? 2 : 8;
        bytes += static_cast<char>(mask_bit | (length_bytes == 2 ? 126 : 127));
        for (int i = length_bytes - 1; i >= 0; --i)
            bytes += static_cast<char>((size >> (8 * i)) & 0xff);
    }
    if (how == masking::unmasked) return bytes += payload;
    constexpr std::string_view mask = "\x11\x22\x33\x44";
    bytes += mask;
    for (std::size_t i = 0; i < size; ++i)
        bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
    return bytes;
}

/// An upgrade request that is right; `replace` swaps one line of it and may drop it.
inline std::string upgrade_request(std::string_view old_line = "", std::string_view new_line = "") {
    std::string text =
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    if (!old_line.empty()) text.replace(text.find(old_line), old_line.size(), new_line);
    return text;
}

/// A peer that speaks bytes: it can do everything that a client must not do. A stream is a socket or a pipe's
/// end.
template <class Stream>
class raw_peer {
public:
    explicit raw_peer(Stream stream) : stream_(std::move(stream)) {}

    Stream& stream() { return stream_; }

    /// Waits until the bytes are with the stream; false when it is over.
    task<bool> write(std::string bytes) {
        auto [error, count] = co_await boost::asio::async_write(stream_, boost::asio::buffer(bytes), token);
        co_return !error;
    }

    /// Status of an HTTP answer, zero when the peer hung up instead. The whole answer is in `answer`.
    task<int> read_answer() {
        answer.clear();
        while (received_.find("\r\n\r\n") == std::string::npos) {
            auto more = co_await read_more();
            if (!more) co_return 0;
        }
        auto end = received_.find("\r\n\r\n") + 4;
        answer = received_.substr(0, end);
        received_.erase(0, end);
        co_return std::stoi(answer.substr(9, 3));
    }

    /// What comes behind the answer until the peer hangs up.
    task<std::string> read_body() {
        for (bool more = true; more;)
            more = co_await read_more();
        co_return std::exchange(received_, {});
    }

    task<std::optional<raw_frame>> read_frame() {
        for (;;) {
            if (auto frame = take_frame()) co_return frame;
            auto more = co_await read_more();
            if (!more) co_return std::nullopt;
        }
    }

    /// Code of the close frame that comes after whatever else comes; 1006 when the peer hangs up without one.
    task<int> read_close() {
        for (;;) {
            auto frame = co_await read_frame();
            if (!frame) co_return 1006;
            if (frame->opcode == 8) co_return frame->code();
        }
    }

    /// Whether a text comes back, as from an echo.
    task<bool> hears_echo(std::string text) {
        co_await write(frame_bytes(0x81, text));
        auto echoed = co_await read_frame();
        co_return echoed && echoed->payload == text;
    }

    std::string answer;

private:
    static constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<executor>> token{};

    task<bool> read_more() {
        std::string chunk(65536, '\0');
        auto [error, count] = co_await stream_.async_read_some(boost::asio::buffer(chunk), token);
        received_.append(chunk, 0, count);
        co_return !error;
    }

    std::optional<raw_frame> take_frame() {
        if (received_.size() < 2) return std::nullopt;
        auto byte = [this](std::size_t i) { return static_cast<unsigned char>(received_[i]); };
        std::size_t header = 2;
        std::size_t size = byte(1) & 0x7f;
        if (size >= 126) {
            std::size_t length_bytes = size == 126 ? 2 : 8;
            header += length_bytes;
            if (received_.size() < header) return std::nullopt;
            size = 0;
            for (std::size_t i = 0; i < length_bytes; ++i)
                size = size * 256 + byte(2 + i);
        }
        if (received_.size() < header + size) return std::nullopt;
        raw_frame frame{byte(0) & 0x0f, (byte(0) & 0x80) != 0, received_.substr(header, size)};
        received_.erase(0, header + size);
        return frame;
    }

    Stream stream_;
    std::string received_;
};

} // namespace rejoinder::tests
