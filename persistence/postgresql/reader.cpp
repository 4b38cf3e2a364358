#include "persistence/postgresql/reader.hpp"

#include "persistence/log.hpp"

#include <utility>

namespace rejoinder::persistence::postgresql {
namespace {

// Reads of one round trip: the first of them waits for the last.
constexpr std::size_t most_at_once = 16;

} // namespace

reader::reader(environment& env, settings where, time_limits limits, std::size_t connections,
               std::size_t capacity)
    : environment_(env),
      settings_(std::move(where)),
      limits_(limits),
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

/// Those behind a read that the server refused are asked again.
task<> reader::answer(std::unique_ptr<connection>* over, reads asked) {
    bool may_have_gone = *over != nullptr;
    while (!asked.empty()) {
        auto problem = errc::unavailable;
        bool is_loss = false;
        try {
            co_await exchange(over, &asked);
            told_.clear();
            continue;
        } catch (const failure& broken) {
            tell(broken);
            problem = broken.meaning();
            is_loss = broken.is_loss();
        } catch (const std::exception& defect) {
            log::error("read_failed", {{"what", defect.what()}});
            is_loss = true;
        }
        if (is_loss) over->reset();
        if (is_loss && std::exchange(may_have_gone, false)) continue;
        if (is_loss || asked.size() == 1) {
            refuse(std::move(asked), problem);
            co_return;
        }
        // One by one: who is to blame is told apart.
        for (auto& alone : asked) {
            reads single;
            single.push_back(std::move(alone));
            co_await answer(over, std::move(single));
        }
        co_return;
    }
}

/// One round trip. Leaves nothing in `asked` but when it throws.
task<> reader::exchange(std::unique_ptr<connection>* over, reads* asked) {
    if (!*over) {
        auto made = std::make_unique<connection>(environment_, limits_);
        co_await made->connect(settings_);
        *over = std::move(made);
    }
    std::vector<query> queries;
    for (const auto& one : *asked)
        queries.push_back(one.asked);
    auto answers = co_await (*over)->run(std::move(queries));
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

/// Logs a failure that comes again and again only once.
void reader::tell(const failure& problem) {
    if (std::exchange(told_, problem.sqlstate()) == problem.sqlstate()) return;
    log::warning("postgresql_failed", {{"doing", "read"},
                                       {"sqlstate", problem.sqlstate()},
                                       {"what", problem.what()},
                                       {"database", settings_.place()}});
}

} // namespace rejoinder::persistence::postgresql
