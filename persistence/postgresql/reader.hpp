#pragma once

#include "persistence/backend/pending_read.hpp"
#include "persistence/postgresql/committer.hpp"
#include "persistence/postgresql/connection.hpp"
#include "persistence/postgresql/store.hpp"
#include "persistence/task_group.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::persistence::postgresql {

/// Answers reads over a few connections, so that neither a commit nor a long scan is waited for. A connection
/// that is free takes what is queued, up to a bound, in one round trip; a read that fails fails alone. A
/// connection that turns out to be gone is made anew once, as a server may have been restarted while nobody
/// asked it. While the committer tries to find the server again, with its pauses, no connection is made here:
/// reads are `unavailable` at once. Everything is on the environment's thread.
class reader {
public:
    /// At most `capacity` reads wait; more are `unavailable`. The committer outlives this.
    reader(environment& env, store of, committer& writing, std::size_t connections, std::size_t capacity);

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
    task<std::optional<failure>> exchange(std::unique_ptr<connection>* over, reads* asked);
    task<> make(std::unique_ptr<connection>* over);
    void deliver(reads* asked, const std::vector<rows>& answers);
    void refuse(reads asked, errc why);
    void tell(const failure& problem);

    environment& environment_;
    store store_;
    committer& committer_;
    std::size_t connections_;
    std::size_t capacity_;
    std::deque<read> queue_;
    std::vector<std::unique_ptr<connection>> idle_;
    std::string told_; // the SQLSTATE of the failure that the log has, empty since a read worked
    bool closed_ = false;
    task_group tasks_; // one for each connection that is in use
};

} // namespace rejoinder::persistence::postgresql
