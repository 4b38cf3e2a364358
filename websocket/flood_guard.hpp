#pragma once

#include "websocket/token_bucket.hpp"

#include <optional>

namespace rejoinder::websocket {

/// Judges a connection's messages as they arrive: those above the rate are thrown away, and a peer that goes
/// on sending too fast for more than three seconds is shown the door. A second without a discarded message
/// ends a flood. Pure.
class flood_guard {
public:
    enum class verdict { admit, discard, close };

    flood_guard(double per_second, double burst, steady_time now) noexcept
        : bucket_(per_second, burst, now) {}

    verdict arrived(steady_time now) noexcept {
        if (bucket_.take(now)) return verdict::admit;
        if (!flood_ || now - flood_->latest > calm) flood_ = span{now, now};
        flood_->latest = now;
        return now - flood_->began > patience ? verdict::close : verdict::discard;
    }

    /// Until the next message fits.
    milliseconds wait(steady_time now) noexcept { return bucket_.wait(now); }

private:
    static constexpr milliseconds calm{1000};
    static constexpr milliseconds patience{3000};

    struct span {
        steady_time began;
        steady_time latest;
    };
    token_bucket bucket_;
    std::optional<span> flood_;
};

} // namespace rejoinder::websocket
