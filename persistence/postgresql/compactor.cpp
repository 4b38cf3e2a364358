#include "persistence/postgresql/compactor.hpp"

#include "persistence/log.hpp"

#include <utility>

namespace rejoinder::persistence::postgresql {
namespace {

// As long as reading and writing everything takes; a server that is gone is noticed by the kernel.
constexpr milliseconds patience = std::chrono::hours(24);

constexpr auto command = "vacuum record, session, session_log, trim, change, feed, erased, writer";

class forgetting final : public transaction {
public:
    std::vector<query> begin() override { return {}; }
    std::vector<query> decide(const std::vector<rows>&, change_recorder&) override {
        std::vector<query> queries;
        forget_removals(queries);
        return queries;
    }
};

store with_patience(store of) {
    of.limits.statement = patience;
    return of;
}

} // namespace

compactor::compactor(environment& env, store of, committer& writing, std::size_t most)
    : environment_(env),
      store_(with_patience(std::move(of))),
      committer_(writing),
      most_(most),
      tasks_(env.get_executor(), [](std::exception_ptr defect) { std::rethrow_exception(defect); }) {}

task<error_code> compactor::compact() {
    auto enqueue = [this](completion<backend::verdict> done) {
        if (closed_ || waiting_.size() >= most_) {
            done.post(backend::verdict(closed_ ? errc::closed : errc::unavailable));
            return;
        }
        waiting_.push_back(std::move(done));
        if (tasks_.running() == 0) tasks_.spawn(work());
    };
    return backend::error_of(suspend<backend::verdict>(enqueue));
}

task<> compactor::close() {
    closed_ = true;
    if (connection_) connection_->interrupt();
    co_await tasks_.join();
}

task<> compactor::work() {
    while (!waiting_.empty()) {
        auto done = std::move(waiting_.front());
        waiting_.pop_front();
        error_code problem = errc::closed;
        if (!closed_) problem = co_await compact_once();
        done.post(backend::to_verdict(problem));
    }
}

task<error_code> compactor::compact_once() {
    forgetting cut;
    auto problem = co_await committer_.perform(&cut);
    if (!problem) problem = co_await vacuum();
    if (problem && closed_) problem = errc::closed;
    co_return problem;
}

/// Does not throw.
task<error_code> compactor::vacuum() {
    error_code verdict;
    try {
        connection_ = co_await connect(&environment_, store_);
        if (!closed_) co_await connection_->execute(command);
        if (closed_) verdict = errc::closed;
    } catch (const failure& problem) {
        if (!problem.is_unknown_to_server()) verdict = errc::unavailable;
        if (verdict && !closed_)
            log::warning("postgresql_failed", {{"doing", "compact"},
                                               {"sqlstate", problem.sqlstate()},
                                               {"what", problem.what()},
                                               {"database", store_.where.place()}});
    } catch (const std::exception& defect) {
        log::error("compaction_failed", {{"what", defect.what()}, {"database", store_.where.place()}});
        verdict = errc::unavailable;
    }
    connection_.reset();
    co_return verdict;
}

} // namespace rejoinder::persistence::postgresql
