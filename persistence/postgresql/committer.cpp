#include "persistence/postgresql/committer.hpp"

#include "persistence/ids.hpp"
#include "persistence/log.hpp"
#include "persistence/postgresql/batch.hpp"
#include "persistence/postgresql/contention.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::persistence::postgresql {
namespace {

const statement begin_transaction("begin");
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

// Tries of a transaction as a whole, while others get in its way.
constexpr int most_group_tries = 5;

// How long it is looked at whether a transaction was committed, in times that the server gives a statement:
// after one it has ended what nobody goes on with. And the pauses between two looks.
constexpr int longest_search = 3;
constexpr milliseconds shortest_pause{50};
constexpr milliseconds longest_pause{1'000};

commit_outcome refused(errc why) {
    commit_outcome outcome;
    outcome.error = why;
    return outcome;
}

std::vector<query> one(const statement& what, parameters with) {
    std::vector<query> queries;
    queries.push_back({&what, std::move(with)});
    return queries;
}

} // namespace

committer::committer(environment& env, store of, const queue_bounds& bounds)
    : environment_(env),
      store_(std::move(of)),
      id_(make_ulid(env)),
      queue_(bounds),
      retry_(env,
             [this] {
                 trying_ = true;
                 start();
             }),
      tasks_(env.get_executor(), [](std::exception_ptr defect) { std::rethrow_exception(defect); }) {}

void committer::submit(pending commit) {
    if (auto refusal = queue_.push(commit))
        commit->done.post(refused(*refusal));
    else
        start();
}

void committer::look_around() {
    if (health() != store_health::usable) return; // `retry` looks
    trying_ = true;
    start();
}

task<> committer::close() {
    retry_.stop();
    queue_.close();
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
        if (sets.empty() && !trying_) break;
        bool is_worth_it = trying_ || may_try();
        trying_ = false;
        verdicts outcomes(sets.size(), refused(errc::unavailable));
        try {
            if (is_worth_it) outcomes = co_await carry_out(sets);
        } catch (const std::exception& defect) { // for want of memory, in the middle of anything
            log::error("commit_failed", {{"what", defect.what()}, {"database", store_.where.place()}});
            outcomes.assign(sets.size(), refused(errc::unknown_outcome));
            connection_.reset();
        }
        if (!sets.empty()) deliver(std::move(sets), std::move(outcomes));
    }
    working_ = false;
}

/// Without a connection to a store in trouble only the planned attempts make one.
bool committer::may_try() const noexcept {
    return connection_ || health() == store_health::usable;
}

/// Ends with a verdict for each set. Without any it only shows whether the store works.
task<committer::verdicts> committer::carry_out(batch_of_sets sets) {
    contention rivals(environment_, store_.limits.statement);
    bool may_have_gone = connection_ != nullptr; // while nobody used it
    for (int tried = 1;; ++tried) {
        auto ended = co_await transact(sets);
        if (!ended.problem) {
            note_success();
            co_return std::move(ended.outcomes);
        }
        const auto problem = std::move(*ended.problem);
        tell(problem, ended.is_open ? "commit" : "write");
        if (problem.is_loss()) connection_.reset();
        auto became = fate::rolled_back;
        if (ended.is_open) became = co_await find_out();
        if (became == fate::unknown) {
            settle(store_health::lost);
            co_return verdicts(sets.size(), refused(errc::unknown_outcome));
        }
        if (became == fate::committed) {
            note_success();
            co_return std::move(ended.outcomes);
        }

        if (problem.is_loss() && !ended.is_open && std::exchange(may_have_gone, false)) continue;
        bool may_pass = problem.may_pass() || ended.is_open;
        if (may_pass && (sets.size() <= 1 || tried < most_group_tries)) {
            bool is_time = co_await rivals.again();
            if (is_time) continue;
        }
        // A server that has told what became of a commit is there.
        auto consequence = ended.is_open ? store_health::usable : problem.consequence();
        if (consequence != store_health::usable) {
            settle(consequence);
            co_return verdicts(sets.size(), refused(errc::unavailable));
        }
        if (sets.size() > 1) {
            auto outcomes = co_await one_by_one(sets);
            co_return outcomes;
        }
        if (health() != store_health::usable) retry_.failed(); // nothing is known that would change it
        co_return verdicts(sets.size(), refused(problem.meaning()));
    }
}

task<committer::verdicts> committer::one_by_one(batch_of_sets sets) {
    verdicts outcomes(sets.size(), refused(errc::unavailable));
    for (std::size_t i = 0; i < sets.size() && may_try(); ++i) {
        auto outcome = co_await carry_out(sets.subspan(i, 1));
        outcomes[i] = outcome[0];
    }
    co_return outcomes;
}

/// One transaction. Does not throw.
task<committer::ending> committer::transact(batch_of_sets sets) {
    ending ended;
    try {
        if (!connection_) connection_ = co_await connect(&environment_, store_);
        batch touched;
        for (const auto& one : sets)
            touched.add(one->changes);
        ++number_;
        std::vector<query> queries;
        queries.push_back({&begin_transaction, {}});
        queries.push_back({&begin_number, parameters(id_, number_, environment_.utc_now())});
        auto questions = touched.questions();
        std::ranges::move(questions, std::back_inserter(queries));
        auto answers = co_await connection_->run(std::move(queries));
        answers.erase(answers.begin(), answers.begin() + 2);
        touched.take(answers);

        for (const auto& one : sets)
            ended.outcomes.push_back(touched.apply(one->changes, one->now));
        queries = touched.writes();
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

void committer::deliver(backend::commit_queue::batch sets, verdicts outcomes) {
    boost::asio::post(environment_.get_executor(), [sets = std::move(sets), outcomes = std::move(outcomes)] {
        for (std::size_t i = 0; i < sets.size(); ++i)
            sets[i]->done.resume(outcomes[i]);
    });
}

void committer::note_success() {
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
