#pragma once

#include "persistence/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::websocket {

enum class payload { text, binary };

/// One message on its way out.
struct outgoing {
    payload kind = payload::text;
    std::string bytes;
    steady_time due = steady_time::min(); ///< not before this
};

/// Messages that wait to be written, in order, within bounds. Those that were taken count until `written`
/// says that they are out, as their memory is held as long. Holds no memory when it is empty. Pure.
class outbox {
public:
    outbox(std::size_t max_bytes, std::size_t max_frames) noexcept
        : max_bytes_(max_bytes), max_frames_(static_cast<std::uint32_t>(std::min(max_frames, most_frames))) {}

    /// False when the message does not fit; nothing is queued then.
    [[nodiscard]] bool push(outgoing message) {
        auto size = message.bytes.size();
        if (frames_ >= max_frames_ || size > max_bytes_ || bytes_ > max_bytes_ - size) return false;
        bytes_ += size;
        ++frames_;
        make_room();
        waiting_.push_back(std::move(message));
        return true;
    }

    bool empty() const noexcept { return waiting_.empty(); }
    steady_time next_due() const noexcept { return waiting_[first_].due; }

    /// Takes the first message, to be written now.
    outgoing take() {
        auto message = std::move(waiting_[first_]);
        if (++first_ == waiting_.size()) forget_waiting();
        taken_bytes_ += message.bytes.size();
        ++taken_frames_;
        return message;
    }

    /// All messages taken before are out. True when what is left is at most half of either bound.
    [[nodiscard]] bool written() noexcept {
        bytes_ -= std::exchange(taken_bytes_, 0);
        frames_ -= std::exchange(taken_frames_, 0U);
        return bytes_ <= max_bytes_ / 2 && frames_ <= max_frames_ / 2;
    }

    /// Forgets what waits; what is being written still counts.
    void clear() noexcept {
        forget_waiting();
        bytes_ = taken_bytes_;
        frames_ = taken_frames_;
    }

    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t frames() const noexcept { return frames_; }

private:
    static constexpr std::size_t most_frames = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::size_t usual_count = 4; // of a turn: it was accepted, and what it showed

    /// The places of those that were taken are used again before there are more than of those that wait.
    void make_room() {
        if (waiting_.empty()) waiting_.reserve(usual_count);
        if (waiting_.size() < waiting_.capacity() || first_ < waiting_.size() / 2) return;
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }

    void forget_waiting() noexcept {
        std::vector<outgoing>().swap(waiting_);
        first_ = 0;
    }

    std::vector<outgoing> waiting_; ///< from `first_` on; taken ones are in front
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::size_t taken_bytes_ = 0;
    std::uint32_t max_frames_;
    std::uint32_t frames_ = 0;
    std::uint32_t taken_frames_ = 0;
    std::uint32_t first_ = 0;
};

} // namespace rejoinder::websocket
