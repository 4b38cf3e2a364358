#include "persistence/stores/robot_sessions.hpp"
#include "persistence/stores/user_store.hpp"
#include "tests/persistence/contract/contract_store.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

TEST_CASE("a user store gives back what it remembered, and only the keys that were asked for") {
    contract_store store(EVERY_DATABASE_TYPE);
    user_store ann(*store.db, {"acme"}, "ann");
    json colours = {"red", "blau 💙"};
    REQUIRE(store.commit(ann.remember("name", "Ann")).committed());
    REQUIRE(store.commit(ann.remember("colours", colours)).committed());
    REQUIRE(store.commit(ann.remember("age", 7)).committed());
    REQUIRE(store.commit(ann.remember("age", 8)).committed());

    auto found = store.env.run(ann.load({"age", "colours", "unknown"}));
    REQUIRE(found);
    CHECK(found->size() == 2);
    CHECK(found->at("age").value == 8);
    CHECK(found->at("age").revision.value == 2);
    CHECK(found->at("colours").value == colours);

    REQUIRE(store.commit(ann.forget("age")).committed());
    CHECK(store.env.run(ann.load({"age"}))->empty());
}

TEST_CASE("a value that was changed since it was read is neither replaced nor forgotten") {
    contract_store store(EVERY_DATABASE_TYPE);
    user_store ann(*store.db, {"acme"}, "ann");
    REQUIRE(store.commit(ann.remember("count", 1, revision{0})).committed());
    CHECK(store.commit(ann.remember("count", 1, revision{0})).error == errc::conflict);
    auto read = store.env.run(ann.load({"count"}))->at("count").revision;
    REQUIRE(store.commit(ann.remember("count", 2)).committed());
    CHECK(store.commit(ann.remember("count", 2, read)).error == errc::conflict);
    CHECK(store.commit(ann.forget("count", read)).error == errc::conflict);
    CHECK(store.env.run(ann.load({"count"}))->at("count").value == 2);
}

TEST_CASE("two users and an account share no key") {
    contract_store store(EVERY_DATABASE_TYPE);
    user_store ann(*store.db, {"acme"}, "ann");
    user_store bob(*store.db, {"acme"}, "bob");
    user_store account(*store.db, {"acme"});
    user_store stranger(*store.db, {"other"}, "ann");
    REQUIRE(store.commit(ann.remember("name", "Ann")).committed());
    CHECK(store.env.run(bob.load({"name"}))->empty());
    CHECK(store.env.run(account.load({"name"}))->empty());
    CHECK(store.env.run(stranger.load({"name"}))->empty());
    CHECK(store.env.run(ann.load({"name"}))->size() == 1);
}

TEST_CASE("a user's value that is no JSON is reported and not taken for a default") {
    contract_store store(EVERY_DATABASE_TYPE);
    user_store ann(*store.db, {"acme"}, "ann");
    auto broken = ann.remember("name", "Ann");
    broken.value = "{";
    REQUIRE(store.commit(broken).committed());
    CHECK(store.env.run(ann.load({"name"})).error() == errc::corrupt);
}

TEST_CASE("a robot's conversation is claimed once, per account, device and machine") {
    contract_store store(EVERY_DATABASE_TYPE);
    robot_sessions sessions(*store.db);
    robot_conversation chat{{"acme"}, {"robot-1"}, "chat"};
    CHECK(store.env.run(sessions.load(chat)).error() == errc::not_found);
    REQUIRE(store.commit(robot_sessions::claim(chat, {"s1"})).committed());
    CHECK(store.commit(robot_sessions::claim(chat, {"s2"})).error == errc::conflict);
    auto found = store.env.run(sessions.load(chat));
    REQUIRE(found);
    CHECK(found->session.text == "s1");

    CHECK(store.env.run(sessions.load({{"acme"}, {"robot-2"}, "chat"})).error() == errc::not_found);
    CHECK(store.env.run(sessions.load({{"acme"}, {"robot-1"}, "coach"})).error() == errc::not_found);
    CHECK(store.env.run(sessions.load({{"other"}, {"robot-1"}, "chat"})).error() == errc::not_found);
}

TEST_CASE("a conversation whose session has ended moves to a new one, once") {
    contract_store store(EVERY_DATABASE_TYPE);
    robot_sessions sessions(*store.db);
    robot_conversation chat{{"acme"}, {"robot-1"}, "chat"};
    REQUIRE(store.commit(robot_sessions::claim(chat, {"s1"})).committed());
    auto found = store.env.run(sessions.load(chat));
    REQUIRE(found);
    CHECK(store.commit(robot_sessions::replace(chat, {"s2"}, found->revision)).committed());
    CHECK(store.commit(robot_sessions::replace(chat, {"s3"}, found->revision)).error == errc::conflict);
    CHECK(store.env.run(sessions.load(chat))->session.text == "s2");
}
