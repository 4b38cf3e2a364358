#include "service/session_fork.hpp"

#include "persistence/ids.hpp"
#include "tests/service/talk.hpp"
#include "tests/support/catch_result.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// The row of a session under another id, as the command puts it into the store.
void fork(house& h, const json& welcome, const session_id& as) {
    auto row = h.env.run(h.database.inner().read_session(session_id{welcome.at("session")})).value();
    persistence::change_set changes;
    changes.now = h.env.utc_now();
    changes.session.emplace().row = service::fork_of(row, as, changes.now, h.limits.session_life);
    REQUIRE(h.env.run(h.database.inner().commit(std::move(changes))).committed());
}

} // namespace

TEST_CASE("a fork goes on from its session's last commit, and is another session from then on") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 2);
    fork(h, welcome, {"the-fork"});

    auto other = h.connect();
    auto forked =
        h.attach(*other, {{"type", "hello"}, {"protocol", 1}, {"device", "d-2"}, {"session", "the-fork"}});
    CHECK(forked["outcome"] == "snapshot");
    CHECK(forked["epoch"] != welcome["epoch"]);
    CHECK(forked["head"] == greeting + 6);
    CHECK(forked["floor"] == greeting + 7);
    CHECK(forked["last_number"] == 0);
    auto snapshot = other->next("snapshot");
    REQUIRE(snapshot);
    CHECK((*snapshot)["context"]["heard"] == 2);
    CHECK((*snapshot)["turns"].empty());

    // A turn's id is its session's: the fork knows none.
    other->say(house::turn("t-1", 1, "hello fork"));
    h.env.run_ready();
    std::vector<std::uint64_t> seqs;
    CHECK(says(*other, &seqs) == std::vector<std::string>{"You said hello fork."});
    CHECK(seqs.front() == greeting + 7);
    CHECK(says(*socket).empty());
}

TEST_CASE("a resume token of a session opens no fork of it") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    fork(h, welcome, {"the-fork"});
    auto resume = house::resume(welcome, greeting);
    resume["session"] = "the-fork";
    resume.erase("epoch");
    auto other = h.connect();
    other->say(resume);
    h.env.run_ready();
    CHECK(other->closed_by_server() == websocket::close_code::resume_refused);
}
