#include "persistence/stores/user_store.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

TEST_CASE("a user's profile and settings are saved over what was read") {
    contract_store store(EVERY_DATABASE_TYPE);
    user_store ann(*store.db, {"acme"}, "ann");
    CHECK(store.env.run(ann.load_profile()).error() == errc::not_found);
    user_profile profile{"Ann \"the\" O'Hara 💙", "ann@example.org", {{"height", 170}}};
    REQUIRE(commit(store, ann.save_profile(profile, {})).committed());
    CHECK(commit(store, ann.save_profile(profile, {})).error == errc::conflict);
    auto found = store.env.run(ann.load_profile());
    REQUIRE(found);
    CHECK(found->value.name == profile.name);
    CHECK(found->value.email == profile.email);
    CHECK(found->value.data == profile.data);

    REQUIRE(commit(store, ann.save_setting({"report", {{"weather", true}}}, {})).committed());
    CHECK(store.env.run(ann.load_setting("report"))->value.value.at("weather") == true);
    CHECK(store.env.run(ann.load_setting("clock")).error() == errc::not_found);
    CHECK(ann.save_setting({"", json::object()}, {}).error().message.find("key") != std::string::npos);
}

TEST_CASE("a user's notes are listed in stable order, page by page, and erased as they were read") {
    contract_store store(EVERY_DATABASE_TYPE);
    user_store ann(*store.db, {"acme"}, "ann");
    user_store bob(*store.db, {"acme"}, "bob");
    for (std::size_t i = 0; i < awkward_texts.size(); ++i) {
        user_note note{awkward_texts[i], "s1/1"};
        REQUIRE(commit(store, ann.save_note("n" + std::to_string(i), note, {})).committed());
    }
    auto list = [&](const std::string& after) { return ann.list_notes(after, 4); };
    auto all = read_all(store, list);
    REQUIRE(all.size() == awkward_texts.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(all[i].value.note == awkward_texts[i]);
    CHECK(store.env.run(bob.list_notes("", 10))->records.empty());

    REQUIRE(commit(store, ann.save_note("n0", {"another", ""}, all[0].revision)).committed());
    CHECK(store.commit(ann.erase_note(all[0])).error == errc::conflict);
    CHECK(store.commit(ann.erase_note(all[1])).committed());
    CHECK(read_all(store, list).size() == awkward_texts.size() - 1);
}

TEST_CASE("an action item is completed once, with the time of it") {
    contract_store store(EVERY_DATABASE_TYPE);
    user_store ann(*store.db, {"acme"}, "ann");
    auto now = store.env.utc_now();
    action_item item;
    item.text = "paint a door";
    item.identity = "i1";
    item.due = now + std::chrono::hours(24);
    REQUIRE(commit(store, ann.save_action_item("a1", item, {})).committed());
    auto open = store.env.run(ann.list_action_items("", 10))->records.at(0);
    CHECK(open.value.due == item.due);
    REQUIRE(commit(store, ann.complete(open, now)).committed());
    CHECK(commit(store, ann.complete(open, now)).error == errc::conflict);
    auto done = store.env.run(ann.list_action_items("", 10))->records.at(0);
    CHECK(done.value.status == action_status::done);
    CHECK(done.value.completed == now);

    item.completed = now;
    CHECK(ann.save_action_item("a2", item, {}).error().pointer == "/completed");
    CHECK(store.commit(ann.erase_action_item(done)).committed());
}
