#pragma once

#include "persistence/database.hpp"
#include "persistence/mailbox.hpp"

#include <cstddef>
#include <optional>

namespace rejoinder::service {

/// Looks into the store from time to time, so that one which can't be read is known while nobody talks.
/// Whether it can be written the database knows by itself; reads have no such memory. Now and then it also
/// lets go for good of sessions and records whose time is over, a little at a time.
///
/// Owner: the server, which spawns `run`, and calls `stop` before it joins its tasks.
class store_watch {
public:
    static constexpr milliseconds interval{5000}; ///< between two looks, and what one may take
    static constexpr int looks_between_purges = 12;
    static constexpr std::size_t purged_at_once = 256; ///< of each kind

    store_watch(environment& env, persistence::database& database);

    task<> run();
    void stop();

    /// Whether the last look was answered, and the present one is not overdue.
    bool readable() const;

private:
    task<> purge_expired();

    environment& env_;
    persistence::database& database_;
    timer next_;
    signal wake_;
    std::optional<steady_time> asked_; ///< since then an answer is waited for
    bool answered_well_ = true;
    bool stopping_ = false;
};

} // namespace rejoinder::service
