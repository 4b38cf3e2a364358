#pragma once

// The coroutine type of every room that does I/O, and the few ways in which such a coroutine waits.
//
// Concurrency protocol. Everything here belongs to one thread: the one that runs the `io_context` behind
// `executor`. A coroutine is resumed on that thread only. Another thread (a database's writer) hands a result
// over with `completion::post`, which is the one call here that any thread may make.
//
// Ending. Coroutines of this program are not cancelled from outside: each ends because what it waits for ends
// (a mailbox or a stream is closed, a timer speaks up). So no coroutine is ever torn down between two
// statements, and closing is always: close the source, then `task_group::join`.

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <type_traits>
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
/// Keeps the `io_context` running while it is held. T must be nothrow movable.
template <class T>
class completion {
    struct base {
        virtual ~base() = default;
        virtual void complete(T value) = 0;
    };
    template <class Handler>
    struct holder final : base {
        explicit holder(Handler h) : handler(std::move(h)) {}
        void complete(T value) override {
            auto h = std::move(handler);
            std::move(h)(std::move(value));
        }
        Handler handler;
    };

public:
    completion() = default;
    template <class Handler>
        requires(!std::is_same_v<std::decay_t<Handler>, completion>)
    completion(Handler handler, executor ex)
        : work_(ex), held_(std::make_unique<holder<Handler>>(std::move(handler))) {}

    explicit operator bool() const noexcept { return held_ != nullptr; }

    executor get_executor() const noexcept { return work_.get_executor(); }

    /// Resumes the coroutine inside this call. Only on the executor's thread, and only from its event loop.
    void resume(T value) {
        auto held = std::move(held_);
        auto work = std::move(work_);
        held->complete(std::move(value));
    }

    /// Resumes the coroutine soon, on its own thread. Any thread may call it.
    void post(T value) {
        auto ex = work_.get_executor();
        boost::asio::post(ex, [self = std::move(*this), value = std::move(value)]() mutable {
            self.resume(std::move(value));
        });
    }

private:
    struct work_guard {
        work_guard() = default;
        explicit work_guard(executor ex) : guard(std::make_unique<guard_type>(ex)) {}
        executor get_executor() const noexcept { return guard->get_executor(); }
        using guard_type = boost::asio::executor_work_guard<executor>;
        std::unique_ptr<guard_type> guard;
    };
    work_guard work_;
    std::unique_ptr<base> held_;
};

/// Suspends the calling coroutine and hands its resumption to `start(completion<T>)`, which must not resume
/// it before it returns. The result is what the completion is given.
template <class T, class Start>
task<T> suspend(executor ex, Start start) {
    auto initiate = [ex](auto handler, Start begin) { begin(completion<T>(std::move(handler), ex)); };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<executor>, void(T)>(
        std::move(initiate), use_task, std::move(start));
}

} // namespace rejoinder
