#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace rejoinder::service::load {

/// When the turns of one client are due at a fixed offered load, whatever became of those before. Each pause
/// is drawn evenly from between a half and one and a half of the mean, as clients that all pause for the same
/// time fall into step with each other; the first turn is due anywhere within the first mean pause.
class arrivals {
public:
    /// The same seed makes the same moments.
    arrivals(std::chrono::nanoseconds mean_pause, std::uint32_t seed);

    /// The next moment, counted from when the load began; ascending.
    std::chrono::nanoseconds next();

private:
    double mean_;
    double next_;
    std::minstd_rand random_;
};

} // namespace rejoinder::service::load
