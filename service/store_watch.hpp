#pragma once

#include "persistence/database.hpp"
#include "persistence/mailbox.hpp"

#include <optional>

namespace rejoinder::service {

/// Looks into the store from time to time, so that one which can't be read is known while nobody talks.
/// Whether it can be written the database knows by itself; reads have no such memory.
///
/// Owner: the server, which spawns `run`, and calls `stop` before it joins its tasks.
class store_watch {
public:
    static constexpr milliseconds interval{5000}; ///< between two looks, and what one may take

    store_watch(environment& env, persistence::database& database);

    task<> run();
    void stop();

    /// Whether the last look was answered, and the present one is not overdue.
    bool readable() const;

private:
    environment& env_;
    persistence::database& database_;
    timer next_;
    signal wake_;
    std::optional<steady_time> asked_; ///< since then an answer is waited for
    bool answered_well_ = true;
    bool stopping_ = false;
};

} // namespace rejoinder::service
