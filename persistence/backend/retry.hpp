#pragma once

#include "persistence/environment.hpp"

#include <functional>

namespace rejoinder::persistence::backend {

/// Plans attempts at something that fails, with pauses that double from 250 ms to 10 s until it works. On the
/// environment's thread; after `stop` and after its end nothing is attempted.
class retry {
public:
    static constexpr milliseconds shortest{250};
    static constexpr milliseconds longest{10'000};

    retry(environment& env, std::function<void()> attempt) : attempt_(std::move(attempt)), timer_(env) {}

    /// Plans the next attempt, unless one is planned.
    void failed();

    /// Plans none, and begins with the shortest pause again.
    void worked() noexcept;

    void stop() noexcept;

private:
    std::function<void()> attempt_;
    milliseconds pause_ = shortest;
    bool stopped_ = false;
    timer timer_;
};

} // namespace rejoinder::persistence::backend
