#pragma once

#include "persistence/backend/feed_position.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace rejoinder::persistence {

/// The latest changes of a store, numbered from its beginning.
class change_ring {
public:
    void add(change one);

    /// The feed begins behind the latest removal then: up to there it names what is gone.
    void forget_removals();

    /// At most `limit`, from 1 to 1000; `trimmed` when some behind `after` are gone.
    result<backend::numbered_changes> read(std::optional<std::uint64_t> after, std::size_t limit) const;

    std::uint64_t begins() const noexcept { return begins_; } ///< number of the first one
    const std::deque<change>& changes() const noexcept { return changes_; }

    /// An empty ring whose first change has that number.
    void restart(std::uint64_t begins) {
        begins_ = begins;
        changes_.clear();
    }

private:
    std::deque<change> changes_;
    std::uint64_t begins_ = 1;
};

} // namespace rejoinder::persistence
