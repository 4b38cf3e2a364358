#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace rejoinder::websocket {

/// Collects one message at a time. A short one stays in the object; a longer one gets memory that grows with
/// what has really arrived and is given back when the message was dealt with, so an idle connection holds
/// none. Of a message above the limit only the fact is kept. Pure.
class message_buffer {
public:
    explicit message_buffer(std::size_t limit) noexcept : limit_(limit) {}

    /// Where the next bytes of the message go; never empty.
    std::span<char> space() {
        if (too_big_) return inline_;
        if (heap_.empty() && size_ < inline_.size()) return std::span(inline_).subspan(size_);
        if (heap_.size() == size_ || heap_.empty()) grow();
        return std::span(heap_).subspan(size_);
    }

    /// `count` bytes were put into the space.
    void commit(std::size_t count) noexcept {
        if (too_big_) return;
        size_ += count;
        if (size_ > limit_) {
            too_big_ = true;
            release();
        }
    }

    bool too_big() const noexcept { return too_big_; }
    bool empty() const noexcept { return size_ == 0 && !too_big_; }

    std::string_view view() const noexcept { return {heap_.empty() ? inline_.data() : heap_.data(), size_}; }

    /// Makes room for the next message.
    void clear() noexcept {
        too_big_ = false;
        release();
    }

private:
    void grow() {
        // One byte more than the limit, so that the first byte too many is seen as such.
        auto wanted = std::min(std::max<std::size_t>(4096, size_ * 2), limit_ + 1);
        std::string larger(std::max(wanted, size_ + 1), '\0');
        std::ranges::copy(view(), larger.begin());
        heap_ = std::move(larger);
    }

    void release() noexcept {
        heap_ = std::string();
        size_ = 0;
    }

    std::size_t limit_;
    std::size_t size_ = 0;
    bool too_big_ = false;
    std::string heap_;
    std::array<char, 256> inline_;
};

} // namespace rejoinder::websocket
