#pragma once

#include "persistence/time.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace rejoinder::websocket {

/// Admits a sustained rate with bursts: holds up to `burst` tokens, gains `per_second` of them a second,
/// starts full. Pure: the caller says what time it is, and time must not run backwards. Both figures must be
/// above zero.
class token_bucket {
public:
    token_bucket(double per_second, double burst, steady_time now) noexcept
        : per_second_(per_second), burst_(burst), tokens_(burst), counted_(now) {}

    /// Takes one token; false when there is none, and then nothing is taken.
    [[nodiscard]] bool take(steady_time now) noexcept {
        refill(now);
        if (tokens_ < 1 - tolerance) return false;
        tokens_ -= 1;
        return true;
    }

    /// Returns a token that turned out not to count.
    void give_back() noexcept { tokens_ = std::min(burst_, tokens_ + 1); }

    /// How long until `take` succeeds; zero when it would now.
    milliseconds wait(steady_time now) noexcept {
        refill(now);
        auto missing = 1 - tolerance - tokens_;
        if (missing <= 0) return milliseconds(0);
        return milliseconds(static_cast<milliseconds::rep>(std::ceil(missing * 1000 / per_second_)));
    }

private:
    /// Sums of fractions of a token are not exact; nobody is refused for the last bit of a double.
    static constexpr double tolerance = 1e-6;

    void refill(steady_time now) noexcept {
        auto elapsed = std::chrono::duration<double>(now - counted_).count();
        tokens_ = std::min(burst_, tokens_ + elapsed * per_second_);
        counted_ = now;
    }

    double per_second_;
    double burst_;
    double tokens_;
    steady_time counted_;
};

} // namespace rejoinder::websocket
