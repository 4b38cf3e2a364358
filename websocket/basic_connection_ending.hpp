#pragma once

// Private to transport.cpp: sees Beast. How a connection ends, or goes to another loop.

#include "websocket/basic_connection.hpp"

namespace rejoinder::websocket {

/// Ends the connection because of what the peer does: what is queued is not worth waiting for.
template <class Stream>
void basic_connection<Stream>::fail(close_code code, std::string_view reason) {
    if (closing_) return;
    outbox_.clear();
    close(code, reason);
    parting_.note(reason);
    end_within(close_patience);
}

/// Never later than was said before.
template <class Stream>
void basic_connection<Stream>::end_within(milliseconds time) {
    auto due = environment_.steady_now() + time;
    if (due >= end_due_) return;
    end_due_ = due;
    close_timer_.arm(due, [this] { drop("the peer did not close"); });
}

/// After its close frame a peer has nothing to say; a client leaves hanging up to its server.
template <class Stream>
std::size_t basic_connection<Stream>::on_teardown_started(beast::role_type role) {
    end_within(close_patience);
    return watch_.closed() && role == beast::role_type::server ? 0 : lingering_bytes;
}

/// Closes the socket, so that whatever waits for it fails.
template <class Stream>
void basic_connection<Stream>::drop(std::string_view reason) {
    closing_ = true;
    parting_.note(reason);
    if (std::exchange(over_, true)) return;
    beast::close_socket(beast::get_lowest_layer(socket_));
    wake_.notify();
    // Beast's reading and closing can wait for each other instead of the socket, when a protocol error
    // meets a close frame on its way out. No closed socket wakes them; a cancellation does.
    asio::post(environment_.get_executor(), [self = this->shared_from_this()] {
        self->stop_writing_.emit(asio::cancellation_type::terminal);
        self->stop_reading_.emit(asio::cancellation_type::terminal);
    });
}

/// A handler that throws has a defect; it costs its own connection and no other.
template <class Stream>
void basic_connection<Stream>::break_down(const std::exception& defect) {
    log::error("connection_handler_failed", {{"connection", number_}, {"error", defect.what()}});
    drop("internal error");
}

/// Of reader and writer the one that ends last sees to the rest.
template <class Stream>
void basic_connection<Stream>::leave() {
    if (reader_runs_ || writer_runs_) return;
    close_timer_.disarm();
    write_timer_.disarm();
    auto& tasks = *tasks_;
    try {
        if (moving_ && !closing_ && !over_)
            depart();
        else
            end();
    } catch (const std::exception& defect) { // for want of memory
        log::error("connection_not_ended", {{"error", defect.what()}});
    }
    tasks.leave();
}

template <class Stream>
void basic_connection<Stream>::end() {
    drop(""); // one that did not come to move
    auto handler = std::move(handler_);
    try {
        handler->on_closed(parting_.why());
    } catch (const std::exception& defect) {
        break_down(defect);
    }
    handler.reset();
    auto gone = std::move(gone_);
    gone(number_, nullptr);
}

/// Nothing is under way or queued.
template <class Stream>
void basic_connection<Stream>::depart() {
    handler_.reset();
    auto gone = std::move(gone_);
    auto loose = let_go(socket_.next_layer().next_layer());
    closing_ = over_ = true; // here
    emigrant<Stream> who{std::move(socket_), std::move(loose), number_,         *limits_,
                         watch_.walk(),      flood_,           control_frames_, unheard_.take().value_or("")};
    gone(number_,
         std::make_unique<departure<Stream>>(departure<Stream>{std::move(who), std::move(*moving_)}));
}

} // namespace rejoinder::websocket
