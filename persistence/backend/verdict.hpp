#pragma once

#include "persistence/result.hpp"
#include "persistence/task.hpp"

#include <utility>

namespace rejoinder::persistence::backend {

/// What an operation without an answer ends with on its way between threads. Asio would throw a bare error
/// code that a coroutine is resumed with.
using verdict = result<void>;

inline verdict to_verdict(error_code problem) {
    return problem ? verdict(problem) : verdict();
}

inline task<error_code> error_of(task<verdict> ending) {
    auto ended = co_await std::move(ending);
    co_return ended ? error_code() : ended.error();
}

} // namespace rejoinder::persistence::backend
