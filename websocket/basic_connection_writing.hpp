#pragma once

// Private to transport.cpp: sees Beast. What a connection says: its outbox, message by message, and its close
// frame.

#include "websocket/basic_connection.hpp"

namespace rejoinder::websocket {

template <class Stream>
void basic_connection<Stream>::queue(outgoing message) {
    if (closing_ || over_) return;
    if (outbox_.push(std::move(message)))
        wake_writer();
    else
        fail(close_code::slow_consumer, "the peer reads too slowly");
}

template <class Stream>
void basic_connection<Stream>::wake_writer() {
    if (writer_runs_) return wake_.notify();
    // Soon: what is queued until then leaves together.
    tasks_->spawn_soon(write_all(this->shared_from_this()));
    writer_runs_ = true;
}

/// Writes until nothing waits. Once a write has failed or close frames were exchanged there is nothing more
/// to write, and no writer again.
template <class Stream>
task<> basic_connection<Stream>::write_all([[maybe_unused]] std::shared_ptr<basic_connection> self) {
    try {
        while (!over_) {
            if (ready_to_write()) {
                writing_ = true;
                expect_written();
                auto message = take_last_of_several();
                socket_.text(message.kind == payload::text);
                auto [error, count] = co_await socket_.async_write(asio::buffer(message.bytes), use_result);
                writing_ = false;
                if (error) {
                    writing_failed(error);
                    break;
                }
                wrote();
            } else if (!outbox_.empty()) {
                due_timer_.arm(outbox_.next_due(), [this] { wake_.notify(); });
                co_await wake_.wait();
                due_timer_.disarm();
            } else if (closing_ && !peer_closes_) {
                co_await exchange_close_frames();
                break;
            } else {
                break;
            }
        }
    } catch (const std::exception& defect) {
        break_down(defect);
    }
    writer_runs_ = false;
    leave();
}

template <class Stream>
bool basic_connection<Stream>::ready_to_write() {
    return !outbox_.empty() && environment_.has_come(outbox_.next_due());
}

/// Messages that can leave together do: the last of them is Beast's to write, those in front of it are frames
/// already. A client's frames are masked, which is Beast's alone.
template <class Stream>
outgoing basic_connection<Stream>::take_last_of_several() {
    static_assert(bytes_together <= largest_server_frame);
    auto message = outbox_.take();
    auto& in_front = socket_.next_layer().in_front();
    if (end_ == side::server && ready_to_write())
        in_front.reserve(std::min(outbox_.bytes() + outbox_.frames() * largest_frame_head, bytes_together));
    while (end_ == side::server && ready_to_write() &&
           in_front.size() + message.bytes.size() <= bytes_together) {
        append_server_frame(in_front, message.kind, message.bytes);
        message = outbox_.take();
    }
    return message;
}

template <class Stream>
void basic_connection<Stream>::wrote() {
    write_due_ = nothing_expected;
    if (outbox_.written() && !closing_) handler_->on_drained();
}

template <class Stream>
void basic_connection<Stream>::writing_failed(const beast::error_code& error) {
    write_due_ = nothing_expected;
    closing_ = true;
    outbox_.clear();
    parting_.note(error.message());
    end_within(close_patience);
}

template <class Stream>
task<> basic_connection<Stream>::exchange_close_frames() {
    end_within(close_patience);
    auto stop = asio::bind_cancellation_slot(stop_writing_.slot(), use_result);
    auto [error] = co_await socket_.async_close(parting_.send(), stop);
    // An error has its cause in reading, or shows there too.
    if (!error) drop("");
}

template <class Stream>
void basic_connection<Stream>::on_write_started() {
    if (!writing_ && (reader_runs_ || writer_runs_)) expect_written();
}

template <class Stream>
void basic_connection<Stream>::expect_written() {
    if (write_due_ != nothing_expected) return;
    auto due = environment_.steady_now() + limits_->write_deadline;
    if (!write_timer_.armed()) watch_writing(due);
    write_due_ = due; // last: what finds no memory for its alarm is not expected either, and tried again
}

/// The alarm stays in the queue when a message has left: nearly all do at once, and one that rings for
/// nothing now and then costs less than one armed and taken back for each.
template <class Stream>
void basic_connection<Stream>::watch_writing(steady_time due) {
    write_timer_.arm(due, [this] {
        if (write_due_ == nothing_expected) return;
        if (environment_.has_come(write_due_)) return drop("the peer reads too slowly");
        try {
            watch_writing(write_due_);
        } catch (const std::exception& defect) {
            break_down(defect);
        }
    });
}

} // namespace rejoinder::websocket
