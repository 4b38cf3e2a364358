// Two servers over one store: a session's owner may have been replaced without having heard of it.

#include "tests/service/house.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A house and another server over its store.
struct two_servers : house {
    two_servers()
        : other(
              std::make_unique<service::registry>(service::session_house{env, database, limits}, machines)) {}
    ~two_servers() { env.run(other->close()); }

    std::unique_ptr<fake_socket> connect_to_other() {
        auto& shared = endpoints.emplace_back(service::endpoint_house{env, *other, limits, local, strangers,
                                                                      attempts, unattached, attached, tasks});
        auto endpoint = std::make_unique<service::session_endpoint>(shared, "192.0.2.1");
        return std::make_unique<fake_socket>(env, std::move(endpoint), limits.connection);
    }

    std::unique_ptr<service::registry> other;
    service::credentials::no_credentials local{account_id{"local"}};
};

} // namespace

TEST_CASE("a token of another server is not refused by one that has lost the session without knowing") {
    two_servers s;
    auto here = s.connect();
    auto first = s.attach(*here, house::hello());
    auto there = s.connect_to_other();
    auto second = s.attach(*there, house::resume(first, first["head"]));
    REQUIRE(second["outcome"] == "lossless");
    there->say(house::turn("t-1", 1, "hello"));
    s.env.run_ready();

    auto back = s.connect();
    back->say(house::resume(second, second["head"]));
    s.env.run_ready();
    CHECK_FALSE(back->next("welcome"));
    CHECK(back->closed_by_server() == websocket::close_code::commit_failed); // come again
    auto again = s.connect();
    auto third = s.attach(*again, house::resume(second, second["head"]));
    CHECK(third["outcome"] == "replayed");
}

TEST_CASE("a turn is not rejected for a state that another server has moved on from") {
    two_servers s;
    auto here = s.connect();
    auto first = s.attach(*here, house::hello());
    auto there = s.connect_to_other();
    auto second = s.attach(*there, house::resume(first, first["head"]));
    there->say(house::turn("t-1", 1, "hello"));
    s.env.run_ready();

    auto turn = house::turn("t-2", 2, "hello again");
    turn["if_revision"] = 2;
    here->say(turn);
    s.env.run_ready();
    CHECK_FALSE(here->next("rejected"));
    CHECK(here->closed_by_server() == websocket::close_code::fenced);
    auto again = s.connect();
    s.attach(*again, house::resume(second, second["head"]));
    again->say(turn);
    s.env.run_ready();
    auto accepted = again->next("accepted");
    REQUIRE(accepted);
    CHECK((*accepted)["status"] == "done");
}
