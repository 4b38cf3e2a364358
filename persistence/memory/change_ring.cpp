#include "persistence/memory/change_ring.hpp"

#include "persistence/rules.hpp"

#include <algorithm>

namespace rejoinder::persistence {

void change_ring::add(change one) {
    changes_.push_back(std::move(one));
    if (changes_.size() <= kept_changes) return;
    changes_.pop_front();
    ++begins_;
}

void change_ring::forget_removals() {
    auto last = std::find_if(changes_.rbegin(), changes_.rend(),
                             [](const change& one) { return one.what == change::operation::removed; });
    auto kept = last.base();
    begins_ += static_cast<std::uint64_t>(kept - changes_.begin());
    changes_.erase(changes_.begin(), kept);
}

result<backend::numbered_changes> change_ring::read(std::optional<std::uint64_t> after,
                                                    std::size_t limit) const {
    auto from = after.value_or(begins_ - 1);
    if (from + 1 < begins_ || from >= begins_ + changes_.size()) return errc::trimmed;
    backend::numbered_changes found;
    found.last = from;
    limit = rules::bounded_scan(limit);
    std::size_t bytes = 0;
    for (auto at = from + 1 - begins_; at < changes_.size(); ++at) {
        if (found.changes.size() == limit || bytes >= size_bounds().read) break;
        bytes += rules::size_of(found.changes.emplace_back(changes_[at]));
        ++found.last;
    }
    return found;
}

} // namespace rejoinder::persistence
