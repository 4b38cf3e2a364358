#include "persistence/hash.hpp"
#include "persistence/stores/topology_store.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const account_id acme{"acme"};

access_token valid_for(utc_time now, seconds duration) {
    access_token token;
    token.kind = token_kind::device;
    token.account = "acme";
    token.device = "robot-1";
    token.issued = now;
    token.expires = now + duration;
    return token;
}

} // namespace

TEST_CASE("an account's devices and loops are read back as they were saved") {
    contract_store store(EVERY_DATABASE_TYPE);
    topology_store topology(*store.db, acme);
    topology_store other(*store.db, {"other"});
    REQUIRE(commit(store, topology.save_account({"Acme's \"Co\"", false}, {})).committed());
    CHECK(store.env.run(topology.load_account())->value.name == "Acme's \"Co\"");
    CHECK(store.env.run(other.load_account()).error() == errc::not_found);

    for (const auto& text : awkward_texts) {
        device_record device;
        device.robot_id = "r";
        device.friendly_name = text;
        device.inactive = text.size() % 2 == 0;
        device.profile = {{"name", text}};
        REQUIRE(commit(store, topology.save_device(text, device, {})).committed());
        auto found = store.env.run(topology.load_device(text));
        REQUIRE(found);
        CHECK(found->value.friendly_name == text);
        CHECK(found->value.inactive == device.inactive);
        CHECK(found->value.profile == device.profile);
        REQUIRE(commit(store, topology.save_loop(text, {"ann", text, true}, {})).committed());
        CHECK(store.env.run(topology.load_loop(text))->value.name == text);
    }
    auto devices = read_all(store, [&](const std::string& after) { return topology.list_devices(after, 2); });
    auto loops = read_all(store, [&](const std::string& after) { return topology.list_loops(after, 2); });
    CHECK(devices.size() == awkward_texts.size());
    CHECK(loops.size() == awkward_texts.size());
    CHECK(loops[0].value.suspended);
    CHECK(store.env.run(other.list_devices("", 10))->records.empty());
    CHECK(commit(store, topology.save_device(devices[0].key, {}, {})).error == errc::conflict);
}

TEST_CASE("a loop knows its devices and people, and no other loop's") {
    contract_store store(EVERY_DATABASE_TYPE);
    loop_store home(*store.db, acme, "home");
    loop_store work(*store.db, acme, "work");
    REQUIRE(commit(store, home.add_device("robot-1")).committed());
    CHECK(commit(store, home.add_device("robot-1")).error == errc::conflict);
    REQUIRE(commit(store, work.add_device("robot-1")).committed());
    REQUIRE(store.commit(work.remove_device("robot-1")).committed());
    CHECK(store.env.run(work.list_devices("", 10))->records.empty());
    CHECK(store.env.run(home.list_devices("", 10))->records.at(0).value.device == "robot-1");

    person_record ann;
    ann.first_name = "Ann 💙";
    ann.alias = "Annie";
    ann.primary = true;
    ann.birthdate = calendar_day{2, 29, 2000};
    REQUIRE(commit(store, home.save_person("ann", ann, {})).committed());
    auto found = store.env.run(home.load_person("ann"));
    REQUIRE(found);
    CHECK(found->value.first_name == ann.first_name);
    CHECK(found->value.primary);
    CHECK(found->value.birthdate == ann.birthdate);
    CHECK(store.env.run(work.load_person("ann")).error() == errc::not_found);
    CHECK(store.env.run(home.list_people("", 10))->records.size() == 1);
}

TEST_CASE("of many that would greet a person at once exactly one does") {
    contract_store store(EVERY_DATABASE_TYPE);
    loop_store home(*store.db, acme, "home");
    auto now = store.env.utc_now();
    presence_record seen;
    seen.last_seen = now;
    REQUIRE(commit(store, home.save_presence("ann", seen)).committed());
    auto before = store.env.run(home.load_presence("ann"));
    REQUIRE(before);
    std::vector<record_writes> rivals;
    for (int i = 0; i < 20; ++i) {
        auto greeted = before->value;
        greeted.last_greeted = now;
        rivals.push_back({*home.save_presence("ann", greeted, before->revision)});
    }
    CHECK(winners(store, rivals) == 1);
    auto list = store.env.run(home.list_presence("", 10));
    CHECK(list->records.at(0).value.last_greeted == now);
    CHECK(home.save_presence("ann", {}).error().pointer == "/last_seen");
}

TEST_CASE("a token is known by its text until it expires or is revoked, and stands nowhere itself") {
    contract_store store(EVERY_DATABASE_TYPE);
    token_store tokens(*store.db);
    auto now = store.env.utc_now();
    auto secret = make_secret(store.env);
    REQUIRE(commit(store, tokens.issue(secret, valid_for(now, seconds(60)))).committed());
    CHECK(commit(store, tokens.issue(secret, valid_for(now, seconds(60)))).error == errc::conflict);
    auto found = store.env.run(tokens.find(secret, now));
    REQUIRE(found);
    CHECK(found->value.account == "acme");
    CHECK(found->value.device == "robot-1");
    CHECK(found->value.kind == token_kind::device);
    for (const auto& row : store.scan({"access_token", {}, "", 10}))
        CHECK((row.value + row.id.key).find(secret) == std::string::npos);

    auto listed = store.env.run(tokens.list("", 10));
    REQUIRE(listed->records.size() == 1);
    CHECK(listed->records[0].key == found->key);

    CHECK(store.env.run(tokens.find(secret + "x", now)).error() == errc::not_found);
    CHECK(store.env.run(tokens.find("", now)).error() == errc::not_found);
    CHECK(store.env.run(tokens.find(secret, now + seconds(60))).error() == errc::not_found);
    REQUIRE(commit(store, tokens.revoke(*found, now)).committed());
    CHECK(commit(store, tokens.revoke(*found, now)).error == errc::conflict);
    CHECK(store.env.run(tokens.find(secret, now)).error() == errc::not_found);
    store.env.advance(seconds(61));
    CHECK(store.scan({"access_token", {}, "", 10}).empty());
    CHECK(tokens.issue(secret, valid_for(now, seconds(0))).error().pointer == "/expires");
}
