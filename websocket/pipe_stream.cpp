#include "websocket/pipe_stream.hpp"

#include <algorithm>

namespace rejoinder::websocket {
namespace detail {

void pipe_channel::finish(pipe_waiter& waiting, boost::system::error_code error, std::size_t count) {
    if (waiting) std::exchange(waiting, {}).post(executor_, {error, count});
}

void pipe_channel::read(boost::asio::mutable_buffer into, pipe_waiter done) {
    into_ = into;
    reader_ = std::move(done);
    move_bytes();
}

void pipe_channel::write(boost::asio::const_buffer from, pipe_waiter done) {
    from_ = from;
    writer_ = std::move(done);
    move_bytes();
}

void pipe_channel::end_writing() {
    written_to_the_end_ = true;
    finish(writer_, boost::asio::error::operation_aborted);
    move_bytes();
}

void pipe_channel::end_reading() {
    unread_ = true;
    buffered_.clear();
    finish(reader_, boost::asio::error::operation_aborted);
    move_bytes();
}

void pipe_channel::fail(boost::system::error_code error) {
    failed_ = error;
    buffered_.clear();
    move_bytes();
}

void pipe_channel::move_bytes() {
    if (failed_) {
        finish(writer_, failed_);
        finish(reader_, failed_);
        return;
    }
    if (writer_ && unread_) {
        finish(writer_, boost::asio::error::broken_pipe);
    } else if (writer_ && (buffered_.size() < capacity_ || from_.size() == 0)) {
        auto count = std::min(capacity_ - buffered_.size(), from_.size());
        buffered_.append(static_cast<const char*>(from_.data()), count);
        finish(writer_, {}, count);
    }
    if (reader_ && (!buffered_.empty() || into_.size() == 0)) {
        auto count = boost::asio::buffer_copy(into_, boost::asio::buffer(buffered_));
        buffered_.erase(0, count);
        finish(reader_, {}, count);
        if (writer_ && count > 0) move_bytes();
    } else if (reader_ && written_to_the_end_) {
        finish(reader_, boost::asio::error::eof);
    }
}

} // namespace detail

std::pair<pipe_stream, pipe_stream> pipe_stream::make_pair(executor ex, std::size_t capacity) {
    pipe_stream one(ex);
    pipe_stream other(ex);
    one.in_ = other.out_ = std::make_shared<detail::pipe_channel>(ex, capacity);
    one.out_ = other.in_ = std::make_shared<detail::pipe_channel>(ex, capacity);
    return {std::move(one), std::move(other)};
}

pipe_stream& pipe_stream::operator=(pipe_stream&& other) noexcept {
    close();
    executor_ = other.executor_;
    in_ = std::move(other.in_);
    out_ = std::move(other.out_);
    return *this;
}

void pipe_stream::close() noexcept {
    if (auto in = std::exchange(in_, nullptr)) in->end_reading();
    if (auto out = std::exchange(out_, nullptr)) out->end_writing();
}

void pipe_stream::shutdown_send() noexcept {
    if (out_) out_->end_writing();
}

void pipe_stream::cut() noexcept {
    if (in_) in_->fail(boost::asio::error::connection_reset);
    if (out_) out_->fail(boost::asio::error::connection_reset);
}

} // namespace rejoinder::websocket
