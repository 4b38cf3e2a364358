#include "tests/service/registry_visitor.hpp"
#include "tests/service/talk.hpp"

#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

TEST_CASE("what waits in a session counts, and no more when it was taken") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    auto live = find(h, session_id{welcome["session"]}).live;
    REQUIRE(live);
    auto before = live->bytes();
    h.database.hold_commits();
    socket->say(house::turn("t-1", 1, "hi"));
    socket->say(house::turn("t-2", 2, std::string(10'000, 'x')));
    h.env.run_ready();
    auto waiting = live->bytes();
    CHECK(waiting > before + 10'000);
    h.database.release_commits();
    h.env.run_ready();
    CHECK(live->bytes() < waiting);
}

#ifndef REJOINDER_SANITIZED // whose allocator tells nothing
TEST_CASE("the estimate of a session's bytes errs upwards, and not by much") {
    house h;
    constexpr std::size_t count = 300;
    std::vector<session_id> ids;
    for (std::size_t i = 0; i < count; ++i)
        ids.push_back(stored_session(h));
    let_idle(h);
    auto before = ::mallinfo2().uordblks;
    std::size_t estimated = 0;
    for (const auto& id : ids)
        REQUIRE(find(h, id).live);
    auto held = ::mallinfo2().uordblks - before;
    estimated = h.sessions->count_bytes();
    CAPTURE(held / count, estimated / count);
    CHECK(estimated >= held);
    CHECK(estimated <= 4 * held);
}
#endif
