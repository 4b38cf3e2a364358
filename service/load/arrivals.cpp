#include "service/load/arrivals.hpp"

namespace rejoinder::service::load {
namespace {

double between(double low, double high, std::minstd_rand& random) {
    return std::uniform_real_distribution<>(low, high)(random);
}

} // namespace

arrivals::arrivals(std::chrono::nanoseconds mean_pause, std::uint32_t seed)
    : mean_(static_cast<double>(mean_pause.count())), next_(0), random_(seed) {
    random_.discard(8); // neighbours among the seeds begin alike
    next_ = between(0, mean_, random_);
}

std::chrono::nanoseconds arrivals::next() {
    auto due = next_;
    next_ += between(0.5 * mean_, 1.5 * mean_, random_);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(due));
}

} // namespace rejoinder::service::load
