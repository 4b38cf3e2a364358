#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
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
        if (!heap_ && size_ < inline_.size()) return std::span(inline_).subspan(size_);
        if (heap_size_ == size_ || !heap_) grow();
        return {heap_.get() + size_, heap_size_ - size_};
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

    std::string_view view() const noexcept { return {heap_ ? heap_.get() : inline_.data(), size_}; }

    /// Makes room for the next message.
    void clear() noexcept {
        too_big_ = false;
        release();
    }

private:
    void grow() {
        // One byte more than the limit, so that the first byte too many is seen as such.
        auto wanted = std::min(std::max<std::size_t>(least_growth, size_ * 2), limit_ + 1);
        auto size = std::max(wanted, size_ + 1);
        auto larger = std::make_unique_for_overwrite<char[]>(size);
        view().copy(larger.get(), size_);
        heap_ = std::move(larger);
        heap_size_ = size;
    }

    void release() noexcept {
        heap_.reset();
        heap_size_ = 0;
        size_ = 0;
    }

    static constexpr std::size_t least_growth = 1024; // what a turn of a few sentences takes

    std::size_t limit_;
    std::size_t size_ = 0;
    bool too_big_ = false;
    std::unique_ptr<char[]> heap_;
    std::size_t heap_size_ = 0;
    std::array<char, 256> inline_;
};

} // namespace rejoinder::websocket
