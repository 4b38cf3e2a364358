#include "service/commit_lag.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

commit_lag::timing::timing(commit_lag* of, steady_time submitted) noexcept : of_(of), submitted_(submitted) {
    if (!of_) return;
    before_ = std::exchange(of_->youngest_, this);
    (before_ ? before_->behind_ : of_->oldest_) = this;
}

/// Whether it was still among those under way.
bool commit_lag::timing::leave() noexcept {
    auto* from = std::exchange(of_, nullptr);
    if (!from) return false;
    (before_ ? before_->behind_ : from->oldest_) = behind_;
    (behind_ ? behind_->before_ : from->youngest_) = before_;
    if (!from->oldest_) from->latest_ = milliseconds(0);
    return true;
}

void commit_lag::timing::done(steady_time now) noexcept {
    auto* from = of_;
    if (leave() && from->oldest_) from->latest_ = now - submitted_;
}

commit_lag::~commit_lag() {
    for (auto* one = oldest_; one; one = one->behind_)
        one->of_ = nullptr;
}

milliseconds commit_lag::wait(steady_time now) const noexcept {
    if (!oldest_) return milliseconds(0);
    return std::max(now - oldest_->submitted_, latest_);
}

} // namespace rejoinder::service
