#pragma once

#include "service/attachment.hpp"
#include "statemachine/policies.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace rejoinder::service {

/// The clients that are attached to one session: those that control it, at most one a device, and those that
/// only watch. In the order in which they came. On the session's thread.
class audience {
public:
    using members = std::vector<std::shared_ptr<attachment>>;

    static constexpr std::size_t max_observers = 8;

    bool empty() const noexcept { return all_.empty(); }
    const members& all() const noexcept { return all_; }

    /// Those that control the session and can't stay beside the newcomer: on the same device, and unless the
    /// session is shared on any other one. An observer is in nobody's way.
    members rivals_of(const attachment& newcomer, statemachine::takeover policy) const;

    bool has_room_for(const attachment& newcomer) const noexcept;

    void add(std::shared_ptr<attachment> newcomer) { all_.push_back(std::move(newcomer)); }
    void remove(const attachment& who);

private:
    members all_;
};

} // namespace rejoinder::service
