#include "websocket/rate_limit.hpp"

#include <algorithm>

namespace rejoinder::websocket {

rate_limit::rate_limit(double per_minute, double burst, std::size_t keys)
    : per_second_(per_minute / 60), burst_(burst), keys_(std::max<std::size_t>(keys, 1)) {}

milliseconds rate_limit::attempt(std::string_view key, steady_time now) {
    std::lock_guard lock(mutex_);
    auto& bucket = touch(key, now).bucket;
    if (bucket.take(now)) return milliseconds(0);
    return bucket.wait(now);
}

void rate_limit::forgive(std::string_view key) {
    std::lock_guard lock(mutex_);
    if (auto found = by_key_.find(key); found != by_key_.end()) found->second->bucket.give_back();
}

std::size_t rate_limit::size() const noexcept {
    std::lock_guard lock(mutex_);
    return by_key_.size();
}

rate_limit::entry& rate_limit::touch(std::string_view key, steady_time now) {
    if (auto found = by_key_.find(key); found != by_key_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return entries_.front();
    }
    if (entries_.size() == keys_) {
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
    entries_.push_front(entry{std::string(key), token_bucket(per_second_, burst_, now)});
    by_key_.emplace(entries_.front().key, entries_.begin());
    return entries_.front();
}

} // namespace rejoinder::websocket
