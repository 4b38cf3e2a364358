#pragma once

// What coroutines of several threads have to do with each other. Each thread has one event loop, and objects
// belong to one of them (task.hpp); what is here takes work to the loop where it belongs and the answer back
// to the loop that asked. Nothing else crosses from one thread to another but `completion::post`.

#include "persistence/task.hpp"

#include <boost/asio/this_coro.hpp>

#include <cassert>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace rejoinder {

namespace detail {

/// What a loop is asked and answers; its answer is written before, and read after `done` has crossed.
template <class T>
struct errand {
    std::optional<T> value;
    std::exception_ptr failure;
    completion<int> done;
};

/// Starts the task on the loop, whose thread calls this; `ended` hears of its end, when nothing of it is
/// left.
void begin_errand(const executor& loop, task<> work, std::function<void(std::exception_ptr)> ended);

template <class T, class Make>
task<> do_errand(Make make, std::shared_ptr<errand<T>> one) {
    auto work = make();
    one->value.emplace(co_await std::move(work));
}

template <class Make>
task<int> with_answer(Make make) {
    auto work = make();
    co_await std::move(work);
    co_return 0;
}

} // namespace detail

/// Runs the task that `make` makes on the loop `there`, whose thread calls it, and resumes the caller on its
/// own loop with what the task returns or throws. On that loop already it runs within this call. Whoever
/// awaits this owns the task: it has ended when this does. `there` must go on running until then.
template <class T, class Make>
task<T> run_on(executor there, Make make) {
    auto here = co_await boost::asio::this_coro::executor;
    if (here == there) {
        auto work = make();
        co_return co_await std::move(work);
    }
    if constexpr (std::is_void_v<T>) {
        auto answering = [make = std::move(make)]() mutable { return detail::with_answer(std::move(make)); };
        auto work = run_on<int>(there, std::move(answering));
        co_await std::move(work);
    } else {
        auto one = std::make_shared<detail::errand<T>>();
        auto begin = [there, one, make = std::move(make)](completion<int> done) mutable {
            one->done = std::move(done);
            boost::asio::post(there, [there, one = std::move(one), make = std::move(make)]() mutable {
                auto work = detail::do_errand<T>(std::move(make), one);
                auto answer = [one = std::move(one)](std::exception_ptr failure) {
                    one->failure = std::move(failure);
                    auto done = std::move(one->done);
                    done.post(0);
                };
                detail::begin_errand(there, std::move(work), std::move(answer));
            });
        };
        auto crossing = suspend<int>(std::move(begin));
        co_await std::move(crossing);
        if (one->failure) std::rethrow_exception(one->failure);
        auto value = std::move(one->value);
        assert(value);
        co_return std::move(*value);
    }
}

/// The same for a function that waits for nothing.
template <class Function>
task<std::invoke_result_t<Function&>> call_on(executor there, Function function) {
    using answer = std::invoke_result_t<Function&>;
    struct at_once {
        static task<answer> run(Function called) { co_return called(); }
    };
    auto make = [function = std::move(function)]() mutable { return at_once::run(std::move(function)); };
    auto work = run_on<answer>(there, std::move(make));
    co_return co_await std::move(work);
}

} // namespace rejoinder
