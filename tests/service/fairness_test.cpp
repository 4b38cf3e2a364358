// Sessions share the store by commits: each has one under way at a time, however much it has to do.

#include "tests/service/talk.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A store that makes one commit durable every 10 ms, in order.
void let_store_work(house& h) {
    h.env.advance(milliseconds(10));
    h.database.release_one();
    h.env.run_ready();
}

/// Commits from now on until the client has an answer to its turn.
int commits_until_accepted(house& h, fake_socket& socket) {
    for (int commits = 1; commits <= 100; ++commits) {
        let_store_work(h);
        while (auto frame = socket.next())
            if ((*frame)["type"] == "accepted") return commits;
    }
    return 0;
}

/// As many turns as the session takes at once.
void flood(house& h, fake_socket& socket) {
    for (std::size_t i = 1; i <= h.limits.queued_turns; ++i)
        socket.say(house::turn("f-" + std::to_string(i), i, "hi"));
    h.env.run_ready();
}

} // namespace

TEST_CASE("a session that sends all it may delays another one's turn by one commit") {
    house h;
    auto greedy = h.connect();
    auto modest = h.connect();
    h.attach(*greedy, house::hello("d-1"));
    h.attach(*modest, house::hello("d-2"));
    says(*modest);
    h.database.hold_commits();
    flood(h, *greedy);
    CHECK(h.database.held() == 1);
    modest->say(house::turn("m-1", 1, "hi"));
    h.env.run_ready();
    CHECK(commits_until_accepted(h, *modest) == 2);
    h.database.release_commits();
}

TEST_CASE("among many sessions that send all they may a turn waits for one commit of each") {
    house h;
    h.limits.commit_lag = std::chrono::seconds(1); // of a store as slow as this one
    constexpr int crowd = 20;
    std::vector<std::unique_ptr<fake_socket>> greedy;
    for (int i = 0; i < crowd; ++i) {
        greedy.push_back(h.connect());
        h.attach(*greedy.back(), house::hello("g-" + std::to_string(i)));
    }
    auto modest = h.connect();
    h.attach(*modest, house::hello("d-2"));
    says(*modest);
    h.database.hold_commits();
    for (auto& one : greedy)
        flood(h, *one);
    CHECK(h.database.held() == crowd);
    modest->say(house::turn("m-1", 1, "hi"));
    h.env.run_ready();
    CHECK(commits_until_accepted(h, *modest) == crowd + 1);
    h.database.release_commits();
}
