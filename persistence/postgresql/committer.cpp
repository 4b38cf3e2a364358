#include "persistence/postgresql/committer.hpp"

#include "persistence/ids.hpp"
#include "persistence/log.hpp"
#include "persistence/postgresql/batch.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::persistence::postgresql {
namespace {

const statement begin_transaction("begin");
const statement commit_transaction("commit");

const statement begin_number("update writer set batch = $2, last_seen = $3 where id = $1");
const statement ended_number("select batch from writer where id = $1 for update");
const statement
    sign_on("insert into writer (id, batch, last_seen) values ($1, $2, $3) on conflict do nothing");
const statement sign_off("delete from writer where id = $1");
const statement forget_the_dead("delete from writer where last_seen < $1");

// Programs that ended without signing off leave a row each.
constexpr auto dead_after = std::chrono::days(90);

// Transactions that others got in the way of, and looks at whether one was committed.
constexpr int most_tries = 10;
constexpr milliseconds longest_search{15'000};

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

committer::committer(environment& env, settings where, time_limits limits, const queue_bounds& bounds)
    : environment_(env),
      settings_(std::move(where)),
      limits_(limits),
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

task<> committer::close() {
    retry_.stop();
    queue_.close();
    co_await tasks_.join();
    if (!connection_) co_return;
    try {
        co_await connection_->run(one(sign_off, parameters(id_)));
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
        // Without a connection only the planned attempts make one.
        bool can_try = connection_ || trying_ || health() == store_health::usable;
        trying_ = false;
        verdicts outcomes(sets.size(), refused(errc::unavailable));
        if (can_try) outcomes = co_await carry_out(sets);
        if (!sets.empty()) deliver(std::move(sets), std::move(outcomes));
    }
    working_ = false;
}

/// Ends with a verdict for each set. Without any it only shows whether the store works.
task<committer::verdicts> committer::carry_out(batch_of_sets sets) {
    for (int tried = 1;; ++tried) {
        bool was_idle = connection_ != nullptr;
        auto ended = co_await transact(sets);
        if (!ended.problem) {
            settle(store_health::usable);
            co_return ended.outcomes;
        }
        const auto problem = *ended.problem;
        tell(problem, ended.is_open ? "commit" : "write");
        if (problem.is_loss()) connection_.reset();
        if (ended.is_open) {
            auto committed = co_await find_out();
            if (committed && *committed) co_return ended.outcomes;
            if (!committed) {
                settle(store_health::lost);
                co_return verdicts(sets.size(), refused(errc::unknown_outcome));
            }
            if (tried < most_tries) continue;
        }
        // A connection may have gone while nobody used it.
        if (problem.is_loss() && was_idle && tried == 1) continue;
        if (problem.consequence() != store_health::usable) {
            settle(problem.consequence());
            co_return verdicts(sets.size(), refused(errc::unavailable));
        }
        if (sets.size() > 1) co_return co_await one_by_one(sets);
        if (!problem.may_pass() || tried == most_tries)
            co_return verdicts(sets.size(), refused(problem.meaning()));
    }
}

task<committer::verdicts> committer::one_by_one(batch_of_sets sets) {
    verdicts outcomes;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        auto outcome = co_await carry_out(sets.subspan(i, 1));
        outcomes.push_back(outcome[0]);
    }
    co_return outcomes;
}

/// One transaction. Does not throw.
task<committer::ending> committer::transact(batch_of_sets sets) {
    ending ended;
    try {
        if (!connection_) co_await connect();
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
        if (answers[1].written() != 1) throw failure(failure::connection_lost, "this program's row is gone");
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
    if (ended.problem && !ended.problem->is_loss()) {
        ended.is_open = false; // the server has said what became of it
        try {
            co_await connection_->execute("rollback");
        } catch (const failure& problem) {
            connection_.reset();
        }
    }
    co_return ended;
}

/// Whether the transaction with the latest number was committed; nothing when it cannot be told in time.
task<std::optional<bool>> committer::find_out() {
    milliseconds wait{50};
    for (milliseconds waited{0}; waited < longest_search; waited += wait) {
        bool committed = false;
        bool is_known = co_await look(&committed);
        if (is_known) co_return committed;
        wait = std::min(2 * wait, milliseconds(1000));
        co_await pause(wait);
    }
    co_return std::nullopt;
}

/// Takes the lock that the transaction held. False when that failed.
task<bool> committer::look(bool* committed) {
    try {
        if (!connection_) co_await connect();
        auto found = co_await connection_->run(one(ended_number, parameters(id_)));
        std::int64_t number = -1;
        if (found[0].count() == 1) found[0].read(0, number);
        *committed = number == number_;
        co_return true;
    } catch (const failure& problem) {
        tell(problem, "find out");
        connection_.reset();
        co_return false;
    }
}

task<> committer::connect() {
    auto made = std::make_unique<connection>(environment_, limits_);
    co_await made->connect(settings_);
    auto now = environment_.utc_now();
    auto queries = one(forget_the_dead, parameters(now - dead_after));
    queries.push_back({&sign_on, parameters(id_, number_, now)});
    co_await made->run(std::move(queries));
    connection_ = std::move(made);
}

task<> committer::pause(milliseconds duration) {
    timer alarm(environment_);
    signal over(environment_.get_executor());
    alarm.arm_after(duration, [&over] { over.notify(); });
    co_await over.wait();
}

void committer::deliver(backend::commit_queue::batch sets, verdicts outcomes) {
    boost::asio::post(environment_.get_executor(), [sets = std::move(sets), outcomes = std::move(outcomes)] {
        for (std::size_t i = 0; i < sets.size(); ++i)
            sets[i]->done.resume(outcomes[i]);
    });
}

void committer::settle(store_health now) {
    auto before = health_.exchange(now, std::memory_order_relaxed);
    if (now == store_health::usable) told_.clear();
    if (now != before)
        log::warning(now == store_health::usable ? "store_recovered" : "store_unusable",
                     {{"why", to_string(now)}, {"database", settings_.place()}});
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
                                       {"database", settings_.place()}});
}

} // namespace rejoinder::persistence::postgresql
