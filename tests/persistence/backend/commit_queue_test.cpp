#include "persistence/backend/commit_queue.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::persistence;
using backend::commit_queue;
using backend::pending_commit;

namespace {

constexpr steady_time start{milliseconds(1'000'000)};

/// Submits a change set at a moment; the reason if it is refused.
std::optional<errc> push(commit_queue& queue, milliseconds at = milliseconds(0), std::size_t bytes = 1) {
    auto commit = std::make_unique<pending_commit>();
    commit->submitted = start + at;
    commit->bytes = bytes;
    auto refusal = queue.push(commit);
    CHECK((commit != nullptr) == refusal.has_value());
    return refusal;
}

class noted_chore final : public backend::chore {
public:
    noted_chore(int number, std::vector<int>& done) : number_(number), done_(done) {}
    void run() noexcept override { done_.push_back(number_); }
    void refuse(errc) override {}

private:
    int number_;
    std::vector<int>& done_;
};

std::size_t taken(commit_queue& queue) {
    return queue.take().commits.size();
}

} // namespace

TEST_CASE("change sets above the bound in number or in bytes are unavailable until some were taken") {
    commit_queue queue({2, 100, milliseconds(250)});
    CHECK_FALSE(push(queue));
    CHECK(push(queue, milliseconds(0), 100) == errc::unavailable);
    CHECK_FALSE(push(queue, milliseconds(0), 99));
    CHECK(push(queue, milliseconds(0), 0) == errc::unavailable);
    CHECK(taken(queue) == 2);
    CHECK_FALSE(push(queue, milliseconds(0), 100));
}

TEST_CASE("once the oldest change set has waited too long further ones are unavailable, until it is taken") {
    commit_queue queue({10, 100, milliseconds(250)});
    CHECK_FALSE(push(queue, milliseconds(0)));
    CHECK_FALSE(push(queue, milliseconds(249)));
    CHECK(push(queue, milliseconds(250)) == errc::unavailable);
    CHECK(push(queue, milliseconds(9000)) == errc::unavailable);
    CHECK(taken(queue) == 2); // what was accepted is not taken back
    CHECK_FALSE(push(queue, milliseconds(9001)));
}

TEST_CASE("a transaction takes what is queued, in order, up to its bounds") {
    commit_queue queue({10'000, 1 << 30, milliseconds(250)});
    for (int i = 0; i < 600; ++i)
        CHECK_FALSE(push(queue, milliseconds(0), static_cast<std::size_t>(i)));
    auto first = queue.take();
    REQUIRE(first.commits.size() == 512);
    CHECK(first.commits.front()->bytes == 0);
    CHECK(first.commits.back()->bytes == 511);
    CHECK(taken(queue) == 88);

    for (int i = 0; i < 5; ++i)
        CHECK_FALSE(push(queue, milliseconds(0), 8 << 20));
    CHECK(taken(queue) == 2);
    CHECK(taken(queue) == 2);
    CHECK(taken(queue) == 1);
}

TEST_CASE("a writer on the session's thread takes what is there, and does not wait when nothing is") {
    commit_queue queue({10, 100, milliseconds(250)});
    CHECK(queue.take_ready().empty());
    CHECK_FALSE(push(queue, milliseconds(0), 60));
    CHECK_FALSE(push(queue, milliseconds(0), 40));
    CHECK(queue.take_ready().size() == 2);
    CHECK_FALSE(push(queue, milliseconds(0), 100)); // and has made room
}

TEST_CASE("being woken is work without a change set, once") {
    commit_queue queue({});
    queue.wake();
    queue.wake();
    auto work = queue.take();
    CHECK(work.woken);
    CHECK(work.commits.empty());
    CHECK_FALSE(push(queue));
    CHECK_FALSE(queue.take().woken);
}

TEST_CASE("what was queued before the end is taken before it") {
    commit_queue queue({});
    CHECK_FALSE(push(queue));
    queue.close();
    CHECK(push(queue) == errc::closed);
    CHECK(taken(queue) == 1);
    auto end = queue.take();
    CHECK(end.commits.empty());
    CHECK_FALSE(end.woken);
}

TEST_CASE("chores are taken one at a time, in order, beside the change sets, and are bounded") {
    commit_queue queue({10, 100, milliseconds(250), 10, 2});
    std::vector<int> done;
    for (int number : {1, 2, 3}) {
        std::unique_ptr<backend::chore> one = std::make_unique<noted_chore>(number, done);
        auto refusal = queue.push(one);
        CHECK(refusal.has_value() == (number == 3));
        if (refusal) CHECK(refusal == errc::unavailable);
    }
    CHECK_FALSE(push(queue));
    auto first = queue.take();
    CHECK(first.commits.size() == 1);
    REQUIRE(first.chore);
    first.chore->run();
    queue.close();
    auto second = queue.take();
    REQUIRE(second.chore);
    second.chore->run();
    CHECK(done == std::vector<int>{1, 2});
    CHECK(queue.take().is_end());
    std::unique_ptr<backend::chore> late = std::make_unique<noted_chore>(4, done);
    CHECK(queue.push(late) == errc::closed);
}
