#pragma once

#include "persistence/backend/commit_queue.hpp"
#include "persistence/backend/retry.hpp"
#include "persistence/backend/verdict.hpp"
#include "persistence/postgresql/connection.hpp"
#include "persistence/postgresql/failure.hpp"
#include "persistence/postgresql/store.hpp"
#include "persistence/postgresql/transaction.hpp"
#include "persistence/store_health.hpp"
#include "persistence/task_group.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rejoinder::persistence::postgresql {

/// Group commit over one connection: while one transaction is on its way the next change sets queue up, and
/// whatever is queued then is the next transaction. All of a transaction's verdicts go back in one post, in
/// order.
///
/// A transaction is two round trips. The first locks and reads what the sets touch, the second writes what
/// was decided and commits. What other servers got in the way of is tried again, for as long as a statement
/// may take. When a transaction is refused for another reason, or others are in its way again and again, its
/// sets are carried out one by one, so that each has a verdict of its own. Between two of these transactions
/// there is one of those that go through the whole store.
///
/// A connection that breaks before the second round trip has written nothing. One that breaks during it
/// leaves it open whether the transaction was committed: the first statement of every transaction writes its
/// number into this program's row of `writer`, and locks the row. A new connection that gets the lock knows
/// that the transaction has ended, and by the number how. Where that cannot be found out in time the verdict
/// is `unknown_outcome`.
///
/// While the server cannot be reached every commit is `unavailable` at once, and the connection is tried as
/// `retry` plans it. Everything but `health` is on the environment's thread.
class committer {
public:
    using pending = backend::commit_queue::pending;

    committer(environment& env, store of, const queue_bounds& bounds);

    /// The change set always ends: with its verdict, or refused.
    void submit(pending commit);

    /// Carries out a transaction, which outlives the task: how that ended. What it decided last counts then.
    task<error_code> perform(transaction* what);

    /// Any thread.
    store_health health() const noexcept { return health_.load(std::memory_order_relaxed); }

    /// Finds out about the store's health, as somebody else has met trouble with its server.
    void look_around();

    /// Ends after the change sets and transactions that are queued. Later ones are `closed`.
    task<> close();

private:
    using batch_of_sets = std::span<pending>;

    /// One that waits for its turn.
    struct chore {
        transaction* what = nullptr;
        completion<backend::verdict> done;
    };

    /// How a try of a transaction ended.
    struct ending {
        std::optional<failure> problem;
        bool is_open = false;    ///< it may have been committed all the same
        std::size_t changes = 0; ///< in the feed, if it was
    };

    /// How a transaction ended, over all tries.
    struct settlement {
        error_code error;           ///< empty: it was committed
        bool is_of_its_own = false; ///< the error is about what it wanted and not about the store
    };

    /// What became of a transaction whose ending nobody heard.
    enum class fate { committed, rolled_back, unknown };

    void start();
    task<> work();
    bool may_try() const noexcept;
    task<> commit_sets(backend::commit_queue::batch sets);
    task<> do_chore(chore one);
    task<> carry_out(batch_of_sets sets);
    task<> one_by_one(batch_of_sets sets);
    task<settlement> settle_transaction(transaction* what, int most_tries);
    task<ending> transact(transaction* what);
    task<> roll_back();
    task<fate> find_out();
    task<fate> look();
    bool is_feed_to_tidy() const noexcept;
    void note_success(std::size_t changes);
    void settle(store_health now);
    void tell(const failure& problem, std::string_view doing);

    environment& environment_;
    store store_;
    std::string id_; // of this program's row of `writer`
    std::int64_t number_ = 0;
    bool has_committed_ = false; // so that there is such a row
    backend::commit_queue queue_;
    std::deque<chore> chores_;
    std::size_t most_chores_;
    bool closed_ = false;
    std::size_t changes_unlooked_; // of this program, since it has looked at what the feed need not keep
    backend::retry retry_;
    std::atomic<store_health> health_ = store_health::usable;
    std::unique_ptr<connection> connection_;
    std::string told_; // the SQLSTATE of the failure that the log has, empty since the store works
    bool working_ = false;
    bool trying_ = false; // a transaction is wanted although there may be no change sets
    task_group tasks_;
};

} // namespace rejoinder::persistence::postgresql
