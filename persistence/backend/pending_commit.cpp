#include "persistence/backend/pending_commit.hpp"

#include "persistence/backend/by_loop.hpp"
#include "persistence/rules.hpp"

#include <boost/asio/post.hpp>

namespace rejoinder::persistence::backend {

std::unique_ptr<pending_commit> make_pending_commit(environment& env, change_set changes,
                                                    const size_bounds& bounds) {
    auto sizes = rules::measure(changes);
    auto made = std::make_unique<pending_commit>();
    made->problem = rules::judge_size(sizes, bounds);
    made->changes = std::move(changes);
    made->now = env.utc_now();
    made->submitted = env.steady_now();
    made->bytes = sizes.total;
    return made;
}

void refuse(std::span<std::unique_ptr<pending_commit>> commits, error_code why) {
    for (auto& one : commits)
        one->outcome = commit_outcome::refused(why);
}

void deliver(commit_batch commits) {
    auto loop_of = [](const auto& one) { return one->done.get_executor(); };
    by_loop(std::move(commits), loop_of, [](const executor& loop, commit_batch of_loop) {
        boost::asio::post(loop, [of_loop = std::move(of_loop)] {
            for (const auto& one : of_loop)
                one->done.resume(one->outcome);
        });
    });
}

} // namespace rejoinder::persistence::backend
