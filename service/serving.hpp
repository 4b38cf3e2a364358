#pragma once

#include "persistence/backend/relay_database.hpp"
#include "persistence/task_group.hpp"
#include "service/all_sessions.hpp"
#include "service/housekeeping.hpp"
#include "service/memory_watch.hpp"
#include "service/metrics.hpp"
#include "service/share.hpp"
#include "service/store_watch.hpp"
#include "service/timer_watch.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace rejoinder::service {

/// What serves the sessions of one store, from its opening until it is closed: what their shares have in
/// common, and what looks after the store and all of them meanwhile. A server has one at a time, and none
/// while a command has the store. Lives on the environment's thread, that of the server's first loop; the
/// shares live on theirs, and outlive what this runs.
class serving {
public:
    /// What is given outlives it. `options` has the service's limits and its robots, `access` who may come,
    /// `recording` takes down what the sessions do; nothing: nobody does. With several `loops` the database
    /// is asked by all of them.
    serving(environment& env, persistence::database& database, const machine_catalog& machines,
            const config& options, const credentials::access& access, shared_bounds& bounds,
            recorder* recording = nullptr, std::size_t loops = 1);

    /// Makes a loop's share, on the thread of that loop. The lease of the first is this one's.
    std::unique_ptr<share> make_share(share_place place);

    /// Begins to look after the store, and after the sessions of all shares, in the order of their loops.
    /// `give_up_slowest` is for when memory is short.
    void begin(const std::vector<registry*>& shares, memory_watch::relief give_up_slowest);

    /// Whether the store answers reads.
    bool readable() const { return watch_.readable(); }

    /// What there is to tell of sessions now, after looks at all shares.
    std::vector<metric> metrics(const std::vector<share::figures>& shares) const;

    /// Nothing is begun any more; the shares are told apart.
    void begin_drain();

    /// Nothing of what `begin` has begun runs any more when it is done; the shares end afterwards.
    task<> finish();

private:
    std::function<void(utc_time)> timer_teller(std::size_t loop);
    void expect_timer(utc_time due);

    environment& env_;
    const config& options_;
    /// Where the database belongs to this loop and there are others.
    std::optional<persistence::backend::relay_database> relay_;
    node_lease lease_;
    share_house house_;
    store_watch watch_;
    std::optional<memory_watch> memory_;
    std::optional<housekeeping> housekeeping_;
    std::optional<timer_watch> timers_;
    persistence::database& database_;
    /// For timers that other loops tell of, when this may be gone.
    std::shared_ptr<serving*> self_ = std::make_shared<serving*>(this);
    task_group tasks_;
};

} // namespace rejoinder::service
