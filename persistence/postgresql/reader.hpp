#pragma once

#include "persistence/backend/pending_read.hpp"
#include "persistence/postgresql/connection.hpp"
#include "persistence/postgresql/settings.hpp"
#include "persistence/task_group.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace rejoinder::persistence::postgresql {

/// Answers reads over a few connections, so that neither a commit nor a long scan is waited for. A connection
/// that is free takes what is queued, up to a bound, in one round trip; a read that fails fails alone. A
/// connection that turns out to be gone is made anew once, as a server may have been restarted while nobody
/// asked it. Everything is on the environment's thread.
class reader {
public:
    /// At most `capacity` reads wait; more are `unavailable`.
    reader(environment& env, settings where, time_limits limits, std::size_t connections,
           std::size_t capacity);

    /// The read always ends: with its answer, or refused.
    void submit(query asked, std::unique_ptr<backend::pending_read<const rows>> answer);

    /// Ends after the reads that are queued. Later ones are `closed`.
    task<> close();

private:
    struct read {
        query asked;
        std::unique_ptr<backend::pending_read<const rows>> answer;
    };
    using reads = std::vector<read>;

    task<> work();
    reads take();
    task<> answer(std::unique_ptr<connection>* over, reads asked);
    task<> exchange(std::unique_ptr<connection>* over, reads* asked);
    void refuse(reads asked, errc why);
    void tell(const failure& problem);

    environment& environment_;
    settings settings_;
    time_limits limits_;
    std::size_t connections_;
    std::size_t capacity_;
    std::deque<read> queue_;
    std::vector<std::unique_ptr<connection>> idle_;
    std::string told_; // the SQLSTATE of the failure that the log has, empty since a read worked
    bool closed_ = false;
    task_group tasks_; // one for each connection that is in use
};

} // namespace rejoinder::persistence::postgresql
