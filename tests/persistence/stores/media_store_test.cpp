#include "persistence/stores/media_store.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const account_id acme{"acme"};

media_record at(std::string path) {
    media_record media;
    media.path = std::move(path);
    media.type = "image/jpeg";
    media.reference = "blob-1";
    media.meta = {{"title", "Zoë's \"door\" 💙"}};
    media.sha256 = std::string(64, 'a');
    media.length = 1 << 20;
    return media;
}

} // namespace

TEST_CASE("media are listed by folder, and marked as deleted once") {
    contract_store store(EVERY_DATABASE_TYPE);
    media_store media(*store.db, acme, "home");
    for (const auto* path : {"photos/1.jpg", "photos/Zoë's; DROP TABLE.jpg", "photos2/1.jpg", "a"})
        REQUIRE(commit(store, media.save(at(path), {})).committed());
    auto photos = read_all(store, [&](const std::string& after) { return media.list("photos/", after, 1); });
    REQUIRE(photos.size() == 2);
    CHECK(photos[0].value.meta == at("x").meta);
    CHECK(photos[0].value.length == 1 << 20);
    CHECK(read_all(store, [&](const std::string& after) { return media.list("", after, 3); }).size() == 4);

    REQUIRE(commit(store, media.mark_deleted(photos[0])).committed());
    CHECK(commit(store, media.mark_deleted(photos[0])).error == errc::conflict);
    CHECK(store.env.run(media.load("photos/1.jpg"))->value.deleted);
    CHECK(store.env.run(media_store(*store.db, acme).list("", "", 10))->records.empty());
}

TEST_CASE("a path that leads out of its folder is no media path") {
    contract_store store(database_type::memory);
    media_store media(*store.db, acme);
    for (const auto* path : {"/etc/passwd", "../a", "a/../b", "a//b", "a/", "./a", "a\\b", "c:a", ".."}) {
        INFO(path);
        auto refused = media.save(at(path), {});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().pointer == "/path");
    }
    auto unsure = at("a");
    unsure.sha256 = "abc";
    CHECK(media.save(unsure, {}).error().pointer == "/sha256");
}

TEST_CASE("a device that asks for a loop's key is granted it once, and its request is gone then") {
    contract_store store(EVERY_DATABASE_TYPE);
    media_store media(*store.db, acme, "home");
    auto now = store.env.utc_now();
    REQUIRE(commit(store, media.request_key({"robot-1", "key A", now})).committed());
    REQUIRE(commit(store, media.request_key({"robot-1", "key B\n", now})).committed());
    auto requests = store.env.run(media.list_key_requests("", 10));
    REQUIRE(requests->records.size() == 1);
    CHECK(requests->records[0].value.public_key == "key B\n");
    std::vector<record_writes> rivals;
    for (int i = 0; i < 10; ++i)
        rivals.push_back(*media.grant_key(requests->records[0], "wrapped " + std::to_string(i)));
    CHECK(winners(store, rivals) == 1);
    CHECK(store.env.run(media.load_key("robot-1"))->value.wrapped.starts_with("wrapped "));
    CHECK(store.env.run(media.list_key_requests("", 10))->records.empty());
}

TEST_CASE("a loop keeps its holidays") {
    contract_store store(EVERY_DATABASE_TYPE);
    media_store media(*store.db, acme, "home");
    REQUIRE(
        commit(store, media.save_holiday("h1", {"New Year's Day", {1, 1, std::nullopt}}, {})).committed());
    auto found = store.env.run(media.list_holidays("", 10));
    REQUIRE(found->records.size() == 1);
    CHECK(found->records[0].value.date == calendar_day{1, 1, std::nullopt});
    REQUIRE(store.commit(media.erase_holiday(found->records[0])).committed());
    CHECK(media.save_holiday("h2", {"none", {2, 30, std::nullopt}}, {}).error().pointer == "/date/day");
    CHECK(media.save_holiday("h2", {"none", {}}, {}).error().pointer == "/date/month");
}

TEST_CASE("a backup is complete only with its checksum, and a published update stays as it is") {
    contract_store store(EVERY_DATABASE_TYPE);
    release_store releases(*store.db);
    backup_record backup{"nightly", "", 3, backup_status::running, 0};
    REQUIRE(commit(store, releases.save_backup("b1", backup, {})).committed());
    backup.status = backup_status::complete;
    CHECK(releases.save_backup("b1", backup, revision{1}).error().pointer == "/sha256");
    backup.sha256 = std::string(64, '0');
    auto running = store.env.run(releases.list_backups("", 10))->records.at(0);
    REQUIRE(commit(store, releases.save_backup("b1", backup, running.revision)).committed());
    CHECK(store.env.run(releases.list_backups("", 10))->records.at(0).value.status ==
          backup_status::complete);

    update_manifest update{"robot", "1.9.0", "robot-1.9.0.tar", std::string(64, 'f'), 100};
    REQUIRE(commit(store, releases.publish(update)).committed());
    CHECK(commit(store, releases.publish(update)).error == errc::conflict);
    update.subsystem = "robot2";
    REQUIRE(commit(store, releases.publish(update)).committed());
    CHECK(store.env.run(releases.list_updates("robot", "", 10))->records.size() == 1);
    CHECK(store.env.run(releases.list_updates("", "", 10))->records.size() == 2);
}
