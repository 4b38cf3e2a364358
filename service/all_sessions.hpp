#pragma once

#include "persistence/task.hpp"
#include "persistence/time.hpp"
#include "service/placement.hpp"
#include "service/registry.hpp"

#include <vector>

namespace rejoinder::service {

/// The sessions of all loops of a server, for who looks after them on one of them: each registry is asked on
/// its own loop, and only answers cross. Where there is one loop it is asked within the call.
///
/// The registries outlive it and what it was asked. Calls are made on one loop and may overlap.
class all_sessions {
public:
    /// Those of this loop are all.
    all_sessions(registry& only) : parts_{&only} {}
    /// In the order of `placement`.
    explicit all_sessions(std::vector<registry*> parts) : parts_(std::move(parts)) {}

    task<bool> is_live(session_id id) const;

    /// What comes of loading a session that somebody has to look after.
    enum class waking { awake, unknown, kept_back };
    task<waking> wake(session_id id) const;

    // As a registry has them.
    task<> renew_expiring(utc_time before) const;
    task<bool> has_expiring(utc_time before) const;
    task<> refuse_new() const;
    task<> welcome_new() const;
    task<> let_idle_leave() const;

private:
    registry* home_of(const session_id& id) const { return parts_[placement(0, parts_.size()).home_of(id)]; }
    template <class Function>
    task<> tell_each(Function function) const;

    std::vector<registry*> parts_;
};

} // namespace rejoinder::service
