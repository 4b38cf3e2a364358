#include "service/recent_turns.hpp"

#include <functional>
#include <utility>

namespace rejoinder::service {

void recent_turns::remember(turn_record turn) {
    auto hash = std::hash<turn_id>()(turn.id);
    if (turns_.size() < most) {
        hashes_.reserve(most); // so that neither gets longer than the other
        turns_.push_back(std::move(turn));
        hashes_.push_back(hash);
        return;
    }
    hashes_[oldest_] = hash;
    turns_[oldest_] = std::move(turn);
    oldest_ = (oldest_ + 1) % most;
}

const turn_record* recent_turns::find(const turn_id& id) const noexcept {
    auto hash = std::hash<turn_id>()(id);
    for (std::size_t back = 1; back <= hashes_.size(); ++back) {
        auto at = (oldest_ + hashes_.size() - back) % hashes_.size();
        if (hashes_[at] == hash && turns_[at].id == id) return &turns_[at];
    }
    return nullptr;
}

std::size_t recent_turns::bytes() const noexcept {
    auto sum = hashes_.capacity() * sizeof(std::size_t) + turns_.capacity() * sizeof(turn_record);
    for (const auto& turn : turns_)
        sum += turn.id.text.capacity() + turn.digest.capacity() + turn.status.capacity() +
               turn.outcome.capacity();
    return sum;
}

} // namespace rejoinder::service
