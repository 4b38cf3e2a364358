// websocket/protocol/asyncapi.json beside frames that are really sent and read.

#include "tests/service/talk.hpp"
#include "tests/service/two_versions.hpp"
#include "tests/service/worker_machine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/json_schema.hpp"
#include "tests/support/source_file.hpp"
#include "websocket/protocol/codec.hpp"

#include <map>
#include <set>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace protocol = websocket::protocol;

namespace {

const json& described() {
    static const auto document = json::parse(read_source_file("websocket/protocol/asyncapi.json"));
    return document;
}

/// The messages of one side, by their type.
std::map<std::string, json> messages_of(const std::string& side) {
    std::map<std::string, json> found;
    for (const auto& [name, message] : described().at("components").at("messages").items())
        if (name.starts_with(side + ".")) found[message.at("name")] = message;
    return found;
}

/// Checks what waits in a socket, and notes its types.
void check_all(fake_socket& socket, std::set<std::string>& seen) {
    static const auto known = messages_of("server");
    json_schema schema(described());
    while (auto frame = socket.next()) {
        auto type = frame->value("type", "");
        CAPTURE(frame->dump());
        seen.insert(type);
        auto message = known.find(type);
        REQUIRE(message != known.end());
        CHECK(schema.check(*frame, message->second.at("payload")) == std::vector<std::string>());
        if (type == "welcome" && frame->at("outcome") != "refused")
            for (const auto* member :
                 {"session", "generation", "epoch", "head", "floor", "resume", "last_number", "heartbeat",
                  "credit", "limits", "durability", "expires_in", "machine", "node"})
                CHECK(frame->contains(member));
    }
}

} // namespace

TEST_CASE(
    "every frame of a server is as the AsyncAPI document describes it, and every one described is sent") {
    house h;
    std::set<std::string> seen;
    auto first = h.connect();
    first->say(house::hello());
    h.env.run_ready();
    auto welcome = first->next("welcome").value();
    for (const auto& frame :
         {house::turn("t-1", 1, "hi"), house::turn("t-1", 1, "hi"), house::turn("t-0", 1, "late"),
          house::turn("t-2", 2, "ask me"), json{{"type", "ping"}, {"at", 7}}, json{{"type", "dance"}},
          json{{"type", "turn"}, {"id", "t-9"}}, json{{"type", "cancel"}, {"turn", "t-1"}}}) {
        first->say(frame);
        h.env.run_ready();
        check_all(*first, seen);
    }
    auto conflicting = house::turn("t-3", 3, "hi");
    conflicting["if_revision"] = 99;
    first->say(conflicting);
    h.env.run_ready();
    check_all(*first, seen);

    auto second = h.connect(); // replays, and takes over
    second->say(house::resume(welcome, 1));
    h.env.run_ready();
    check_all(*first, seen);
    check_all(*second, seen);
    auto third = h.connect(); // has lost what it knew
    auto anew = house::resume(welcome, 1);
    anew["epoch"] = "0000000000000000";
    third->say(anew);
    h.env.run_ready();
    check_all(*third, seen);
    auto fourth = h.connect();
    fourth->say({{"type", "hello"}, {"protocol", 1}, {"device", "d-9"}, {"session", "nobody"}});
    h.env.run_ready();
    check_all(*fourth, seen);

    h.env.advance(h.limits.heartbeat + milliseconds(1));
    check_all(*third, seen);
    third->say({{"type", "pong"}});
    h.sessions->begin_drain(milliseconds(100), milliseconds(1000));
    h.env.run_ready();
    check_all(*third, seen);
    third->say({{"type", "bye"}, {"reason", "done"}, {"keep", true}});
    h.env.run_ready();
    check_all(*third, seen);

    study s;
    s.say(house::turn("t-1", 1, "think"));
    s.mind.say("Because");
    s.env.advance(milliseconds(50));
    check_all(*s.socket, seen);

    std::set<std::string> all;
    for (const auto& [type, message] : messages_of("server"))
        all.insert(type);
    CHECK(seen == all);
}

TEST_CASE("frames that tell of an open tool are as the AsyncAPI document describes them") {
    workshop h;
    std::set<std::string> seen;
    auto socket = h.connect();
    socket->say(workshop::hello());
    h.env.run_ready();
    auto welcome = socket->next("welcome").value();
    h.say(*socket, house::turn("t-1", 1, "fetch"));
    h.say(*socket, house::turn("t-2", 2, "later"));
    check_all(*socket, seen);
    auto second = h.connect();
    h.say(*second, workshop::join(welcome, "d-1"));
    check_all(*second, seen);
    CHECK(seen.contains("snapshot"));
}

TEST_CASE("frames that tell of a migration are as the AsyncAPI document describes them") {
    changing_house h;
    h.run({second_version()});
    std::set<std::string> seen;
    auto socket = h.connect();
    auto hello = house::resume(h.welcome, h.seen);
    socket->say(hello);
    h.env.run_ready();
    check_all(*socket, seen);
    CHECK(seen == std::set<std::string>{"welcome", "event"});
    json machine = messages_of("server")["welcome"]["payload"]["properties"]["machine"];
    CHECK(machine["properties"].contains("migrated_from"));
}

TEST_CASE("what the AsyncAPI document says of a client's frames is what the server reads") {
    json_schema schema(described());
    for (const auto& [type, message] : messages_of("client")) {
        CAPTURE(type);
        const auto& payload = message.at("payload");
        const auto& example = message.at("examples").at(0).at("payload");
        CHECK(schema.check(example, payload) == std::vector<std::string>());
        CHECK(std::holds_alternative<protocol::client_frame>(protocol::decode(example.dump())));
        for (const auto& name : payload.at("required")) {
            auto without = example;
            without.erase(name.get<std::string>());
            CAPTURE(without.dump());
            CHECK(std::holds_alternative<protocol::frame_error>(protocol::decode(without.dump())));
        }
        for (const auto& [name, member] : payload.at("properties").items()) {
            if (name == "type" || (type == "pong" && name == "at"))
                continue; // whatever a pong holds says nothing
            auto wrong = example;
            wrong[name] = json::array();
            CAPTURE(wrong.dump());
            CHECK_FALSE(schema.check(wrong, payload).empty());
            CHECK(std::holds_alternative<protocol::frame_error>(protocol::decode(wrong.dump())));
        }
    }
    CHECK(messages_of("client").size() == 9);
}

TEST_CASE("the AsyncAPI document names only what is in it") {
    const auto& document = described();
    std::size_t named = 0;
    auto follow = [&](const auto& self, const json& value) -> void {
        if (value.is_object() && value.contains("$ref")) {
            CAPTURE(value.dump());
            CHECK(document.contains(json::json_pointer(value.at("$ref").get<std::string>().substr(1))));
            ++named;
            return;
        }
        for (const auto& inner : value)
            if (inner.is_structured()) self(self, inner);
    };
    follow(follow, document);
    CHECK(named > 50);
    CHECK(document.at("asyncapi") == "3.0.0");
    CHECK(document.at("channels").at("session").at("address") == protocol::path);
}
