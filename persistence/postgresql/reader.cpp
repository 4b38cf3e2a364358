#include "persistence/postgresql/reader.hpp"

#include "persistence/log.hpp"
#include "persistence/postgresql/contention.hpp"

#include <utility>

namespace rejoinder::persistence::postgresql {
namespace {

// Reads of one round trip: the first of them waits for the last.
constexpr std::size_t most_at_once = 16;

} // namespace

reader::reader(environment& env, store of, committer& writing, std::size_t connections, std::size_t capacity)
    : environment_(env),
      store_(std::move(of)),
      committer_(writing),
      connections_(connections),
      capacity_(capacity),
      tasks_(env.get_executor(), [](std::exception_ptr defect) { std::rethrow_exception(defect); }) {}

void reader::submit(query asked, std::unique_ptr<backend::pending_read<const rows>> answer) {
    if (closed_ || queue_.size() >= capacity_) {
        answer->refuse(closed_ ? errc::closed : errc::unavailable);
        answer->post();
        return;
    }
    queue_.push_back({std::move(asked), std::move(answer)});
    if (tasks_.running() < connections_) tasks_.spawn(work());
}

task<> reader::close() {
    closed_ = true;
    co_await tasks_.join();
    idle_.clear();
}

/// One connection's part.
task<> reader::work() {
    std::unique_ptr<connection> over;
    if (!idle_.empty()) {
        over = std::move(idle_.back());
        idle_.pop_back();
    }
    for (auto asked = take(); !asked.empty(); asked = take())
        co_await answer(&over, std::move(asked));
    if (over) idle_.push_back(std::move(over));
}

reader::reads reader::take() {
    reads taken;
    while (!queue_.empty() && taken.size() < most_at_once) {
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return taken;
}

/// Those beside a read that the server refused are asked again.
task<> reader::answer(std::unique_ptr<connection>* over, reads asked) {
    contention rivals(environment_, store_.limits.statement);
    bool may_have_gone = *over != nullptr; // while nobody used it
    for (;;) {
        auto problem = co_await exchange(over, &asked);
        if (!problem) co_return;
        if (problem->is_loss()) over->reset();
        if (problem->is_loss() && std::exchange(may_have_gone, false)) continue;
        if (problem->may_pass()) {
            bool is_time = co_await rivals.again();
            if (is_time) continue;
        }
        if (problem->is_loss() || asked.size() == 1) {
            refuse(std::move(asked), problem->meaning());
            co_return;
        }
        break;
    }
    // One by one: who is to blame is told apart.
    for (auto& alone : asked) {
        reads single;
        single.push_back(std::move(alone));
        co_await answer(over, std::move(single));
    }
}

/// One round trip. The reads are answered and taken out of `asked`, or all stay there. Does not throw.
task<std::optional<failure>> reader::exchange(std::unique_ptr<connection>* over, reads* asked) {
    try {
        if (!*over) co_await make(over);
        std::vector<query> queries;
        for (const auto& one : *asked)
            queries.push_back(one.asked);
        auto answers = co_await (*over)->run(std::move(queries));
        told_.clear();
        deliver(asked, answers);
        co_return std::nullopt;
    } catch (const failure& broken) {
        tell(broken);
        co_return broken;
    } catch (const std::exception& defect) {
        log::error("read_failed", {{"what", defect.what()}, {"database", store_.where.place()}});
        co_return failure(failure::connection_lost, defect.what());
    }
}

task<> reader::make(std::unique_ptr<connection>* over) {
    if (committer_.health() == store_health::lost)
        throw failure(failure::connection_lost, "the server is away, and tried by the committer");
    try {
        *over = co_await connect(&environment_, store_);
    } catch (const failure&) {
        committer_.look_around();
        throw;
    }
}

void reader::deliver(reads* asked, const std::vector<rows>& answers) {
    for (std::size_t i = 0; i < asked->size(); ++i) {
        auto& answer = *(*asked)[i].answer;
        try {
            answer.run(answers[i]);
        } catch (const failure& broken) {
            tell(broken);
            answer.refuse(broken.meaning());
        }
    }
    auto posted = [answered = std::exchange(*asked, {})] {
        for (const auto& one : answered)
            one.answer->resume();
    };
    boost::asio::post(environment_.get_executor(), std::move(posted));
}

void reader::refuse(reads asked, errc why) {
    for (auto& one : asked) {
        one.answer->refuse(why);
        one.answer->post();
    }
}

/// Logs a failure that comes again and again only once. What others got in the way of is not worth a line.
void reader::tell(const failure& problem) {
    if (problem.may_pass() || std::exchange(told_, problem.sqlstate()) == problem.sqlstate()) return;
    log::warning("postgresql_failed", {{"doing", "read"},
                                       {"sqlstate", problem.sqlstate()},
                                       {"what", problem.what()},
                                       {"database", store_.where.place()}});
}

} // namespace rejoinder::persistence::postgresql
