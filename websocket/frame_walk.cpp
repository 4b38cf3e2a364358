#include "websocket/frame_walk.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::websocket {
namespace {

constexpr std::uint8_t least_header = 2;
constexpr std::uint8_t mask_size = 4;
constexpr unsigned close_opcode = 8;

constexpr std::uint8_t extended_length(unsigned length) noexcept {
    return length < 126 ? 0 : length == 126 ? 2 : 8;
}

} // namespace

void frame_walk::pass(std::string_view bytes) noexcept {
    if (in_head_) pass_head(bytes);
    while (!bytes.empty() && !closed_) {
        if (!in_frame() || !header_complete()) {
            take_header(static_cast<unsigned char>(bytes.front()));
            bytes.remove_prefix(1);
        } else {
            auto count = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, bytes.size()));
            payload_left_ -= count;
            bytes.remove_prefix(count);
        }
        if (header_complete() && payload_left_ == 0) end_frame();
    }
}

void frame_walk::pass_head(std::string_view& bytes) noexcept {
    while (in_head_ && !bytes.empty()) {
        if (bytes.front() == '\n') {
            in_head_ = std::exchange(in_line_, false);
        } else if (bytes.front() != '\r') {
            in_line_ = true;
        }
        bytes.remove_prefix(1);
    }
}

void frame_walk::take_header(unsigned char byte) noexcept {
    auto at = header_seen_;
    if (at == 0) begin_frame(byte);
    ++header_seen_;
    if (at == 1) {
        auto length = byte & 0x7fU;
        payload_left_ = length < 126 ? length : 0;
        length_end_ = least_header + extended_length(length);
        header_size_ = length_end_ + (byte & 0x80U ? mask_size : 0);
    } else if (at >= least_header && at < length_end_) {
        payload_left_ = payload_left_ << 8U | byte;
    }
}

void frame_walk::begin_frame(unsigned char byte) noexcept {
    if (at_rest()) ++begun_;
    header_size_ = length_end_ = least_header;
    payload_left_ = 0;
    final_ = (byte & 0x80U) != 0;
    opcode_ = byte & 0x0fU;
    if (in_control_frame()) return;
    fragments_ = in_message_ ? fragments_ + 1 : 1;
    most_fragments_ = std::max(most_fragments_, fragments_);
    in_message_ = true;
}

void frame_walk::end_frame() noexcept {
    header_seen_ = header_size_ = 0;
    if (opcode_ == close_opcode) closed_ = true;
    if (!in_control_frame() && final_) in_message_ = false;
}

} // namespace rejoinder::websocket
