#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace rejoinder::service {

/// Bounds how many connections each of many keys (a device, a user) has at the same time. Any thread, as
/// those of one key may be on several loops; outlives the places that it gives.
class places {
    using counts = std::map<std::string, std::size_t>;

public:
    /// Held for as long as it counts; given back by `reset` or the destructor.
    class place {
    public:
        place() = default;
        place(place&& other) noexcept : house_(std::exchange(other.house_, nullptr)), at_(other.at_) {}
        place& operator=(place&& other) noexcept {
            reset();
            house_ = std::exchange(other.house_, nullptr);
            at_ = other.at_;
            return *this;
        }
        ~place() { reset(); }

        void reset() noexcept {
            if (auto* house = std::exchange(house_, nullptr)) house->give_back(at_);
        }

    private:
        friend class places;
        place(places& house, counts::iterator at) : house_(&house), at_(at) {}

        places* house_ = nullptr;
        counts::iterator at_;
    };

    /// A place for the key; nothing when it has `most` already.
    std::optional<place> take(const std::string& key, std::size_t most) {
        std::lock_guard lock(mutex_);
        auto taken = taken_.find(key);
        if (taken == taken_.end())
            taken = taken_.emplace(key, 0).first;
        else if (taken->second >= most)
            return std::nullopt;
        ++taken->second;
        return place(*this, taken);
    }

    std::size_t keys() const noexcept {
        std::lock_guard lock(mutex_);
        return taken_.size();
    }

private:
    void give_back(counts::iterator taken) noexcept {
        std::lock_guard lock(mutex_);
        if (--taken->second == 0) taken_.erase(taken);
    }

    mutable std::mutex mutex_;
    counts taken_; ///< keys leave with their last place
};

} // namespace rejoinder::service
