#pragma once

// The coroutine type of every room that does I/O, and the few ways in which such a coroutine waits.
//
// Concurrency protocol. Everything here belongs to one thread: the one that runs the `io_context` behind
// `executor`. A coroutine is resumed on that thread only. Another thread (a database's writer) hands a result
// over with `completion::post`, which is the one call here that any thread may make. A program may have
// several such threads, each with objects of its own; loops.hpp takes work from one to the other.
//
// Ending. Coroutines of this program are not cancelled from outside: each ends because what it waits for ends
// (a mailbox or a stream is closed, a timer speaks up). So no coroutine is ever torn down between two
// statements, and closing is always: close the source, then `task_group::join`.

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <optional>
#include <utility>

namespace rejoinder {

/// Executor of one thread; concrete, so that nothing on the turn path is type-erased.
using executor = boost::asio::io_context::executor_type;

/// A coroutine that does I/O. Lazily started: nothing runs before it is awaited or spawned in a `task_group`.
template <class T = void>
using task = boost::asio::awaitable<T, executor>;

/// The one completion token of the program.
inline constexpr boost::asio::use_awaitable_t<executor> use_task{};

/// The suspended end of `suspend<T>`: whoever holds it resumes the coroutine with a value, exactly once.
/// Needs no memory of its own. T must be nothrow movable.
template <class T>
class completion {
    using handler =
        typename boost::asio::async_result<boost::asio::use_awaitable_t<executor>, void(T)>::handler_type;

public:
    completion() = default;
    explicit completion(handler resumption) : handler_(std::move(resumption)) {}
    completion(completion&& other) noexcept { take(other); }
    completion& operator=(completion&& other) noexcept {
        if (this != &other) take(other);
        return *this;
    }

    explicit operator bool() const noexcept { return handler_.has_value(); }

    executor get_executor() const noexcept {
        assert(handler_);
        return handler_->get_executor();
    }

    /// Resumes the coroutine inside this call. Only on the executor's thread, and only from its event loop.
    void resume(T value) {
        assert(handler_);
        // The coroutine may destroy whatever holds this.
        auto resumption = std::move(*handler_);
        handler_.reset();
        std::move(resumption)(std::move(value));
    }

    /// Resumes the coroutine soon, on its own thread. Any thread may call it.
    void post(T value) {
        auto ex = get_executor();
        boost::asio::post(ex, [self = std::move(*this), value = std::move(value)]() mutable {
            self.resume(std::move(value));
        });
    }

private:
    // Asio's handlers can be moved into being only.
    void take(completion& other) noexcept {
        handler_.reset();
        if (!other.handler_) return;
        handler_.emplace(std::move(*other.handler_));
        other.handler_.reset();
    }

    std::optional<handler> handler_;
};

/// Suspends the calling coroutine and hands its resumption to `start(completion<T>)`, which must not resume
/// it before it returns. The result is what the completion is given.
template <class T, class Start>
task<T> suspend(Start start) {
    auto initiate = [](auto handler, Start begin) { begin(completion<T>(std::move(handler))); };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<executor>, void(T)>(
        std::move(initiate), use_task, std::move(start));
}

} // namespace rejoinder
