#pragma once

// Private to transport.cpp: sees Beast. What a connection hears: messages, control frames, and how long they
// take.

#include "websocket/basic_connection.hpp"

namespace rejoinder::websocket {

/// Takes a step and begins the next read, until there is nothing more to read here.
template <class Stream>
template <class Step>
void basic_connection<Stream>::go_on_reading(Step step) {
    try {
        step();
        if (!over_ && !moving_) return read();
    } catch (const std::exception& defect) {
        break_down(defect);
    }
    watch_.end();
    if (!moving_) drop("");
    reader_runs_ = false;
    leave();
}

template <class Stream>
void basic_connection<Stream>::read() {
    auto space = incoming_.space();
    auto heard = [self = this->shared_from_this()](const beast::error_code& error, std::size_t count) {
        self->go_on_reading([&] { self->has_read(error, count); });
    };
    socket_.async_read_some(asio::buffer(space.data(), space.size()),
                            asio::bind_cancellation_slot(stop_reading_.slot(), std::move(heard)));
}

template <class Stream>
void basic_connection<Stream>::has_read(const beast::error_code& error, std::size_t count) {
    if (!error) return arrived(count);
    parting_.note(error);
    drop("");
}

template <class Stream>
void basic_connection<Stream>::arrived(std::size_t count) {
    incoming_.commit(count);
    if (limits_->text_only && socket_.got_binary()) {
        fail(close_code::unsupported_data, "only text messages are understood here");
    } else if (!socket_.is_message_done()) {
        return;
    } else if (!closing_) {
        deliver();
    }
    incoming_.clear();
}

/// What made the connection leave another loop.
template <class Stream>
void basic_connection<Stream>::hear_again() {
    auto text = *unheard_.take();
    handler_->on_text(text);
    if (moving_) unheard_ = std::move(text);
}

template <class Stream>
void basic_connection<Stream>::deliver() {
    auto now = environment_.steady_now();
    switch (flood_.arrived(now)) {
    case flood_guard::verdict::close:
        return fail(close_code::policy, "too many messages");
    case flood_guard::verdict::discard:
        return handler_->on_flood(flood_.wait(now));
    case flood_guard::verdict::admit:
        break;
    }
    if (incoming_.too_big())
        handler_->on_too_big(limits_->message);
    else if (socket_.got_binary())
        handler_->on_binary(incoming_.view());
    else
        handler_->on_text(incoming_.view());
}

/// Runs inside Beast's reading: may only take note.
template <class Stream>
void basic_connection<Stream>::control_frame(beast::websocket::frame_type kind) {
    if (kind == beast::websocket::frame_type::close) {
        // Beast answers it. What is still queued will not be read by anybody.
        parting_.received(socket_.reason());
        peer_closes_ = closing_ = true;
        outbox_.clear();
        end_within(close_patience);
        wake_.notify();
        return;
    }
    if (!control_frames_.take(environment_.steady_now())) fail(close_code::policy, "too many control frames");
}

/// Beast reads on when the pong that it wrote, if any, is out.
template <class Stream>
void basic_connection<Stream>::on_read_started() {
    if (!writing_) write_due_ = nothing_expected;
}

template <class Stream>
void basic_connection<Stream>::on_read(std::string_view bytes) {
    watch_.pass(bytes);
}

} // namespace rejoinder::websocket
