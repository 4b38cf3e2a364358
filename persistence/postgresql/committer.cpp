#include "persistence/postgresql/committer.hpp"

#include "persistence/ids.hpp"
#include "persistence/log.hpp"
#include "persistence/postgresql/batch.hpp"
#include "persistence/postgresql/contention.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace rejoinder::persistence::postgresql {
namespace {

// Whoever waits for a row sees it then as the one before has left it: under the stricter isolations every
// transaction but the first would be refused at the feed.
const statement begin_transaction("begin isolation level read committed");
const statement commit_transaction("commit");

const statement begin_number("insert into writer (id, batch, last_seen) values ($1, $2, $3) "
                             "on conflict (id) do update set batch = excluded.batch, "
                             "last_seen = excluded.last_seen");
// The insertion waits for a transaction that has inserted the row and not ended, the selection for one that
// has changed it.
const statement
    claim_row("insert into writer (id, batch, last_seen) values ($1, 0, $2) on conflict do nothing");
const statement ended_number("select batch from writer where id = $1 for update");
const statement sign_off("delete from writer where id = $1 or last_seen < $2");

// Programs that ended without signing off leave a row each, which those that sign off remove.
constexpr auto dead_after = std::chrono::days(90);

// Tries of a transaction of several change sets, while others get in its way; one alone has its time.
constexpr int most_group_tries = 5;
constexpr int unlimited = std::numeric_limits<int>::max();

// How long it is looked at whether a transaction was committed, in times that the server gives a statement:
// after one it has ended what nobody goes on with. And the pauses between two looks.
constexpr int longest_search = 3;
constexpr milliseconds shortest_pause{50};
constexpr milliseconds longest_pause{1'000};

std::vector<query> one(const statement& what, parameters with) {
    std::vector<query> queries;
    queries.push_back({&what, std::move(with)});
    return queries;
}

/// Change sets that share a transaction.
class group final : public transaction {
public:
    explicit group(std::span<backend::commit_queue::pending> sets) : sets_(sets) {}

    std::vector<query> begin() override {
        touched_ = {};
        for (const auto& one : sets_)
            touched_.add(one->changes);
        return touched_.questions();
    }

    std::vector<query> decide(const std::vector<rows>& answers, change_recorder& feed) override {
        touched_.take(answers);
        for (const auto& one : sets_)
            one->outcome = touched_.apply(one->changes, one->now, feed);
        return touched_.writes();
    }

private:
    std::span<backend::commit_queue::pending> sets_;
    batch touched_;
};

} // namespace

committer::committer(environment& env, store of, const queue_bounds& bounds)
    : environment_(env),
      store_(std::move(of)),
      id_(make_ulid(env)),
      queue_(bounds),
      most_chores_(bounds.chores),
      changes_unlooked_(changes_between_looks), // those of programs that ended too
      retry_(env,
             [this] {
                 trying_ = true;
                 start();
             }),
      tasks_(env.get_executor(), [](std::exception_ptr defect) { std::rethrow_exception(defect); }) {}

void committer::submit(pending commit) {
    if (auto refusal = queue_.push(commit))
        commit->done.post(commit_outcome::refused(*refusal));
    else
        start();
}

task<error_code> committer::perform(transaction* what) {
    auto enqueue = [this, what](completion<backend::verdict> done) {
        if (closed_ || chores_.size() >= most_chores_) {
            done.post(backend::verdict(closed_ ? errc::closed : errc::unavailable));
            return;
        }
        chores_.push_back({what, std::move(done)});
        start();
    };
    return backend::error_of(suspend<backend::verdict>(enqueue));
}

void committer::look_around() {
    if (health() != store_health::usable) return; // `retry` looks
    trying_ = true;
    start();
}

task<> committer::close() {
    retry_.stop();
    queue_.close();
    closed_ = true;
    co_await tasks_.join();
    if (!connection_) co_return;
    try {
        co_await connection_->run(one(sign_off, parameters(id_, environment_.utc_now() - dead_after)));
    } catch (const failure& problem) {
        tell(problem, "close");
    }
    connection_.reset();
}

void committer::start() {
    if (std::exchange(working_, true)) return;
    tasks_.spawn(work());
}

task<> committer::work() {
    for (;;) {
        auto sets = queue_.take_ready();
        if (!sets.empty() || trying_) {
            co_await commit_sets(std::move(sets));
        } else if (chores_.empty()) {
            break;
        }
        if (chores_.empty()) continue;
        auto next = std::move(chores_.front());
        chores_.pop_front();
        co_await do_chore(std::move(next));
    }
    working_ = false;
}

task<> committer::commit_sets(backend::commit_queue::batch sets) {
    bool is_worth_it = std::exchange(trying_, false) || may_try();
    try {
        if (is_worth_it) co_await carry_out(sets);
    } catch (const std::exception& defect) { // for want of memory, in the middle of anything
        log::error("commit_failed", {{"what", defect.what()}, {"database", store_.where.place()}});
        backend::refuse(sets, errc::unknown_outcome);
        connection_.reset();
    }
    backend::deliver(std::move(sets));
}

task<> committer::do_chore(chore one) {
    settlement ended{errc::unavailable};
    try {
        if (may_try()) ended = co_await settle_transaction(one.what, unlimited);
    } catch (const std::exception& defect) {
        log::error("chore_failed", {{"what", defect.what()}, {"database", store_.where.place()}});
        ended.error = errc::unknown_outcome;
        connection_.reset();
    }
    one.done.post(backend::to_verdict(ended.error));
}

/// Without a connection to a store in trouble only the planned attempts make one.
bool committer::may_try() const noexcept {
    return connection_ || health() == store_health::usable;
}

/// Ends with an outcome in each set. Without any it only shows whether the store works.
task<> committer::carry_out(batch_of_sets sets) {
    group together(sets);
    auto ended = co_await settle_transaction(&together, sets.size() > 1 ? most_group_tries : unlimited);
    if (ended.error && ended.is_of_its_own && sets.size() > 1)
        co_await one_by_one(sets);
    else if (ended.error)
        backend::refuse(sets, ended.error);
}

task<> committer::one_by_one(batch_of_sets sets) {
    backend::refuse(sets, errc::unavailable);
    for (std::size_t i = 0; i < sets.size() && may_try(); ++i)
        co_await carry_out(sets.subspan(i, 1));
}

/// Tries a transaction until it has ended for good.
task<committer::settlement> committer::settle_transaction(transaction* what, int most_tries) {
    contention rivals(environment_, store_.limits.statement);
    bool may_have_gone = connection_ != nullptr; // while nobody used it
    for (int tried = 1;; ++tried) {
        auto ended = co_await transact(what);
        if (!ended.problem) {
            note_success(ended.changes);
            co_return settlement();
        }
        const auto problem = std::move(*ended.problem);
        tell(problem, ended.is_open ? "commit" : "write");
        if (problem.is_loss()) connection_.reset();
        auto became = fate::rolled_back;
        if (ended.is_open) became = co_await find_out();
        if (became == fate::unknown) {
            settle(store_health::lost);
            co_return settlement{errc::unknown_outcome};
        }
        if (became == fate::committed) {
            note_success(ended.changes);
            co_return settlement();
        }

        if (problem.is_loss() && !ended.is_open && std::exchange(may_have_gone, false)) continue;
        bool may_pass = problem.may_pass() || ended.is_open;
        if (may_pass && tried < most_tries) {
            bool is_time = co_await rivals.again();
            if (is_time) continue;
        }
        // A server that has told what became of a commit is there.
        auto consequence = ended.is_open ? store_health::usable : problem.consequence();
        if (consequence != store_health::usable) {
            settle(consequence);
            co_return settlement{errc::unavailable};
        }
        if (health() != store_health::usable) retry_.failed(); // nothing is known that would change it
        co_return settlement{problem.meaning(), true};
    }
}

/// One try. Does not throw.
task<committer::ending> committer::transact(transaction* what) {
    ending ended;
    try {
        if (!connection_) connection_ = co_await connect(&environment_, store_);
        ++number_;
        std::vector<query> queries;
        queries.push_back({&begin_transaction, {}});
        queries.push_back({&begin_number, parameters(id_, number_, environment_.utc_now())});
        auto questions = what->begin();
        std::ranges::move(questions, std::back_inserter(queries));
        auto answers = co_await connection_->run(std::move(queries));
        answers.erase(answers.begin(), answers.begin() + 2);

        change_recorder feed;
        queries = what->decide(answers, feed);
        feed.write(queries);
        if (is_feed_to_tidy()) forget_old_changes(queries);
        ended.changes = feed.size();
        queries.push_back({&commit_transaction, {}});
        ended.is_open = true;
        answers = co_await connection_->run(std::move(queries));
        if (answers.back().command() != "COMMIT") throw failure("40000", "the transaction was rolled back");
    } catch (const failure& problem) {
        ended.problem = problem;
    } catch (const std::exception& defect) {
        ended.problem = failure(failure::connection_lost, defect.what());
    }
    if (!ended.problem || ended.problem->is_loss()) co_return ended;
    // The server itself has said that nothing was written, unless it does not know.
    if (!ended.problem->is_ambiguous()) ended.is_open = false;
    co_await roll_back();
    co_return ended;
}

/// Ends a transaction that was refused. There may be none, nor a connection. Does not throw.
task<> committer::roll_back() {
    if (!connection_) co_return;
    try {
        co_await connection_->execute("rollback");
    } catch (const std::exception&) {
        connection_.reset(); // its transaction ends with it
    }
}

/// What became of the transaction with the latest number; unknown when it cannot be told in time.
task<committer::fate> committer::find_out() {
    auto until = environment_.steady_now() + longest_search * store_.limits.statement;
    for (auto wait = shortest_pause;; wait = std::min(2 * wait, longest_pause)) {
        auto became = co_await look();
        if (became != fate::unknown || environment_.has_come(until)) co_return became;
        co_await pause(&environment_, wait);
    }
}

/// Takes the lock that the transaction held. Does not throw.
task<committer::fate> committer::look() {
    try {
        if (!connection_) connection_ = co_await connect(&environment_, store_);
        auto queries = one(claim_row, parameters(id_, environment_.utc_now()));
        queries.push_back({&ended_number, parameters(id_)});
        auto found = co_await connection_->run(std::move(queries));
        std::int64_t number = 0;
        if (found[1].count() == 1) found[1].read(0, number);
        // Without the row that was there before nothing can be told.
        bool is_gone = number == 0 && has_committed_;
        if (is_gone) co_return fate::unknown;
        co_return number == number_ ? fate::committed : fate::rolled_back;
    } catch (const failure& problem) {
        tell(problem, "find out");
    } catch (const std::exception& defect) {
        log::error("look_failed", {{"what", defect.what()}, {"database", store_.where.place()}});
    }
    connection_.reset();
    co_return fate::unknown;
}

/// Any program that writes does it now and then, whoever else does.
bool committer::is_feed_to_tidy() const noexcept {
    return changes_unlooked_ >= changes_between_looks;
}

void committer::note_success(std::size_t changes) {
    changes_unlooked_ = changes + (is_feed_to_tidy() ? 0 : changes_unlooked_);
    has_committed_ = true;
    settle(store_health::usable);
}

void committer::settle(store_health now) {
    auto before = health_.exchange(now, std::memory_order_relaxed);
    if (now == store_health::usable) told_.clear();
    if (now != before)
        log::warning(now == store_health::usable ? "store_recovered" : "store_unusable",
                     {{"why", to_string(now)}, {"database", store_.where.place()}});
    if (now == store_health::usable)
        retry_.worked();
    else
        retry_.failed();
}

/// Logs a failure that comes again and again only once. What others got in the way of is not worth a line.
void committer::tell(const failure& problem, std::string_view doing) {
    if (problem.may_pass() || std::exchange(told_, problem.sqlstate()) == problem.sqlstate()) return;
    log::warning("postgresql_failed", {{"doing", doing},
                                       {"sqlstate", problem.sqlstate()},
                                       {"what", problem.what()},
                                       {"database", store_.where.place()}});
}

} // namespace rejoinder::persistence::postgresql
