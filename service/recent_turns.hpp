#pragma once

#include "service/session_messages.hpp"

#include <cstddef>
#include <vector>

namespace rejoinder::service {

/// The turns of a session that have ended last, with what their retries are told: most of those need no look
/// into the database then. The oldest goes when there are more than `most`.
class recent_turns {
public:
    static constexpr std::size_t most = 16;

    void remember(turn_record turn);

    /// The latest of this id; null when it is none of them. Until the next `remember`.
    const turn_record* find(const turn_id& id) const noexcept;

    /// Of memory, besides this object.
    std::size_t bytes() const noexcept;

private:
    // Nearly every turn is new: that it is none of these is seen by a few bytes that lie together, without a
    // look at sixteen texts all over the memory.
    std::vector<std::size_t> hashes_;
    std::vector<turn_record> turns_; ///< in the same places
    std::size_t oldest_ = 0;
};

} // namespace rejoinder::service
