#include "service/session_reset.hpp"

#include "tests/service/talk.hpp"
#include "tests/support/catch_result.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using websocket::close_code;

namespace {

persistence::session_row row_of(house& h, const json& welcome) {
    return h.env.run(h.database.inner().read_session(session_id{welcome.at("session")})).value();
}

error_code reset(house& h, persistence::session_row row) {
    return h.env.run(service::reset_session(&h.env, &h.database.inner(), &h.limits, h.machines.find("parrot"),
                                            std::move(row)));
}

} // namespace

TEST_CASE("a session that is reset begins anew for whoever comes back, and what it was is not replayed") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 2);
    socket.reset();
    h.close();
    CHECK(reset(h, row_of(h, welcome)) == error_code());
    h.open();

    auto again = h.connect();
    auto back = h.attach(*again, house::resume(welcome, greeting));
    CHECK(back["outcome"] == "snapshot");
    CHECK(back["reason"] == "epoch");
    CHECK(back["epoch"] != welcome["epoch"]);
    CHECK(back["floor"] == greeting + 7);
    CHECK(back["head"] == greeting + 6 + greeting);
    CHECK(back["last_number"] == 2);
    auto snapshot = again->next("snapshot");
    REQUIRE(snapshot);
    CHECK((*snapshot)["context"]["heard"] == 0);
    again->say(house::turn("t-3", 3, "hi"));
    h.env.run_ready();
    CHECK(says(*again) == std::vector<std::string>{"You said hi."});
}

TEST_CASE("a reset fences the activation that has the session") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    CHECK(says(*socket) == std::vector<std::string>{"Hello."});
    auto stale = row_of(h, welcome);
    CHECK(reset(h, stale) == error_code());
    CHECK(row_of(h, welcome).resets == 1);
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    auto closed = socket->closed_by_server();
    CHECK((closed == close_code::fenced || closed == close_code::commit_failed));
    CHECK(says(*socket).empty());
    CHECK(reset(h, stale)); // it is not what was read any more
    CHECK(row_of(h, welcome).resets == 1);
}

TEST_CASE("a session that has ended, or is damaged, can be begun anew") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    SECTION("ended") {
        socket->say(house::turn("t-1", 1, "goodbye"));
        h.env.run_ready();
        REQUIRE(row_of(h, welcome).closed);
    }
    SECTION("damaged") {
        auto row = row_of(h, welcome);
        persistence::change_set changes;
        changes.now = h.env.utc_now();
        auto& change = changes.session.emplace();
        change.expected = persistence::session_fence{row.owner_generation, row.revision};
        change.row = row;
        change.row.state = "torn";
        REQUIRE(h.env.run(h.database.inner().commit(std::move(changes))).committed());
    }
    socket.reset();
    h.close();
    CHECK(reset(h, row_of(h, welcome)) == error_code());
    h.open();
    auto again = h.connect();
    h.attach(*again,
             {{"type", "hello"}, {"protocol", 1}, {"device", "d-1"}, {"session", welcome["session"]}});
    again->say(house::turn("t-2", 2, "hi"));
    h.env.run_ready();
    CHECK(says(*again) == std::vector<std::string>{"You said hi."});
}
