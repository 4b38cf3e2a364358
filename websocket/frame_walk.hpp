#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rejoinder::websocket {

/// Follows the frames (RFC 6455, section 5.2) in bytes as they arrive, and knows of each message where it
/// begins and ends and of how many frames it is. Of payloads nothing is kept and of headers no more than what
/// is open; whether they are allowed is for others to judge. Pure.
class frame_walk {
public:
    /// What comes before the first frame: nothing, or the HTTP answer that ends with an empty line.
    enum class start { frames, http_head };

    explicit frame_walk(start from) noexcept : in_head_(from == start::http_head) {}

    void pass(std::string_view bytes) noexcept;

    /// Whether no message is under way, nor a control frame outside of one.
    bool at_rest() const noexcept { return !in_frame() && !in_message_; }

    /// Whether a close frame has gone by; no frame follows it.
    bool closed() const noexcept { return closed_; }

    /// How often something has begun at rest.
    std::uint64_t begun() const noexcept { return begun_; }

    /// Frames of the longest message so far, control frames not counted.
    std::size_t most_fragments() const noexcept { return most_fragments_; }

private:
    bool in_frame() const noexcept { return header_seen_ > 0; }
    bool in_control_frame() const noexcept { return opcode_ >= 8; }
    bool header_complete() const noexcept { return header_seen_ == header_size_; }
    void pass_head(std::string_view& bytes) noexcept;
    void take_header(unsigned char byte) noexcept;
    void begin_frame(unsigned char byte) noexcept;
    void end_frame() noexcept;

    bool in_head_;
    bool in_line_ = false; ///< of the HTTP head: it is not empty

    std::uint8_t header_seen_ = 0;
    std::uint8_t header_size_ = 0;
    std::uint8_t length_end_ = 0; ///< where the extended length ends in the header
    std::uint8_t opcode_ = 0;
    bool final_ = false;
    bool closed_ = false;
    bool in_message_ = false;
    std::uint64_t payload_left_ = 0; ///< of the frame; while its header is incomplete: as far as is known
    std::size_t fragments_ = 0;
    std::size_t most_fragments_ = 0;
    std::uint64_t begun_ = 0;
};

} // namespace rejoinder::websocket
