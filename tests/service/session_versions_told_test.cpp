// What a welcome says of a session that has gone over to another version of its machine, and to whom.

#include "tests/service/two_versions.hpp"

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace {

constexpr const char* news = "migrated_from";

/// Version 2 as a third one, with a way from both.
ordered_json third_version() {
    auto document = second_version();
    document["version"] = 3;
    document["migrations"].push_back({{"from", 2}, {"to", 3}});
    return document;
}

/// A device that comes to the session without a resume token: its credentials suffice.
json come_as(changing_house& h, const std::string& device) {
    auto socket = h.connect();
    return h.attach(*socket, workshop::join(h.welcome, device))["machine"];
}

} // namespace

TEST_CASE("a device's welcome says from which version its session has come, until the welcome was heard of") {
    changing_house h;
    h.say("hi");
    CHECK_FALSE(h.welcome["machine"].contains(news));
    auto before = h.welcome;
    h.run({second_version()});
    CHECK(h.come_back() == "replayed");
    CHECK(h.welcome["machine"] == json{{"id", "worker"}, {"version", 2}, {news, 1}});

    SECTION("again where the welcome did not arrive") {
        h.socket->vanish();
        h.welcome = before;
        CHECK(h.come_back() == "replayed");
        CHECK(h.welcome["machine"][news] == 1);
    }
    SECTION("again from a server that was started anew") {
        h.welcome = before;
        h.run({second_version()});
        CHECK(h.come_back() == "replayed");
        CHECK(h.welcome["machine"][news] == 1);
    }
    SECTION("not to one that comes with that welcome's token") {
        h.socket->vanish();
        h.come_back();
        CHECK_FALSE(h.welcome["machine"].contains(news));
    }
    SECTION("not to one that was heard, behind a restart either") {
        h.socket->say({{"type", "ack"}, {"seq", h.welcome["head"]}});
        h.env.advance(h.limits.retiring_token + milliseconds(1));
        h.run({second_version()});
        CHECK_FALSE(come_as(h, "d-1").contains(news));
    }
}

TEST_CASE("each device that knew the session hears of its change, and one that did not hears nothing") {
    changing_house h;
    auto watching = workshop::join(h.welcome, "d-2");
    watching["mode"] = "observe";
    auto watcher = h.connect();
    CHECK_FALSE(h.attach(*watcher, watching)["machine"].contains(news));
    h.run({second_version()});
    h.come_back();
    h.say("hi");
    CHECK_FALSE(come_as(h, "d-3").contains(news));
    CHECK(come_as(h, "d-2")[news] == 1);

    SECTION("of several changes as of one") {
        h.run({third_version()});
        CHECK(come_as(h, "d-1") == json{{"id", "worker"}, {"version", 3}, {news, 2}});
        CHECK(come_as(h, "d-2") == json{{"id", "worker"}, {"version", 3}, {news, 1}});
    }
}

TEST_CASE("a device of a session that begins anew with a newer version hears of that as well") {
    changing_house h;
    h.say("hi");
    h.run({second_version("restart")});
    h.come_back();
    CHECK(h.welcome["machine"][news] == 1);
}
