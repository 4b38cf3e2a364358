#include "persistence/file/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/power_loss_disk.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::persistence;
using rejoinder::tests::power_loss_disk;

namespace {

change_set put(const std::string& key, const std::string& value) {
    record_write write;
    write.id = {"note", {"acme", "", "", ""}, key};
    write.value = value;
    change_set changes;
    changes.writes.push_back(std::move(write));
    return changes;
}

std::string value_of(const file::store& store, const std::string& key) {
    auto found = store.tables().read({"note", {"acme", "", "", ""}, key}, from_unix(1));
    return found ? found->value : std::string();
}

/// Two generations with a snapshot each, and a commit behind the second.
void fill(power_loss_disk& disk) {
    std::vector<std::string> notes;
    file::store store(disk, "one", notes);
    for (const auto* key : {"a", "b", "c"}) {
        REQUIRE(store.commit(put(key, R"("first")"), from_unix(1)).committed());
        store.flush();
    }
    file::store::finish_generation(disk, store.begin_generation());
    for (const auto* key : {"c", "d", "e"}) {
        REQUIRE(store.commit(put(key, R"("second")"), from_unix(1)).committed());
        store.flush();
    }
}

/// Opens the store and says what became of it: the reason when it is refused.
std::string reopen(power_loss_disk& disk, std::vector<std::string>& notes) {
    try {
        file::store store(disk, "two", notes);
        CHECK(store.incarnation() == "one");
        CHECK(value_of(store, "a") == R"("first")");
        CHECK(value_of(store, "c") == R"("second")");
        CHECK(value_of(store, "e") == R"("second")");
        return {};
    } catch (const file::failure& refused) {
        return refused.what();
    }
}

} // namespace

TEST_CASE("a damaged snapshot is put aside, and the files before it hold everything") {
    power_loss_disk disk;
    fill(disk);
    auto& bytes = disk.bytes_of("snapshot-00000002.ndjson");
    bytes[bytes.find("first")] = 'F';
    std::vector<std::string> notes;
    CHECK(reopen(disk, notes).empty());
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].find("snapshot-00000002.ndjson is damaged") != std::string::npos);
    CHECK(disk.exists("damaged-1-snapshot-00000002.ndjson"));
    notes.clear();
    CHECK(reopen(disk, notes).empty());
    CHECK(notes.empty());
}

TEST_CASE("a byte that changes anywhere in a journal is noticed, named and never written over") {
    power_loss_disk whole;
    fill(whole);
    auto journal = whole.bytes_of("journal-00000002.ndjson");
    auto last_line = journal.rfind('\n', journal.size() - 2) + 1;
    for (std::size_t at = 0; at < last_line; at += 7) {
        CAPTURE(at);
        power_loss_disk disk;
        fill(disk);
        auto& bytes = disk.bytes_of("journal-00000002.ndjson");
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        auto damaged = bytes;
        std::vector<std::string> notes;
        CHECK(reopen(disk, notes).find("journal-00000002.ndjson") != std::string::npos);
        CHECK(disk.bytes_of("journal-00000002.ndjson") == damaged);
    }
}

TEST_CASE("a last line that was never written whole is cut off and kept beside") {
    power_loss_disk disk;
    fill(disk);
    disk.bytes_of("journal-00000002.ndjson") += R"(["0123)";
    std::vector<std::string> notes;
    CHECK(reopen(disk, notes).empty());
    REQUIRE(notes.size() == 1);
    CHECK(disk.bytes_of("damaged-1-journal-00000002.ndjson") == R"(["0123)");
}

TEST_CASE("a store of a newer version is left alone") {
    power_loss_disk disk;
    fill(disk);
    auto newer = file::seal(R"({"rejoinder":"snapshot","version":3})");
    for (const auto* name : {"snapshot-00000001.ndjson", "snapshot-00000002.ndjson"})
        disk.bytes_of(name) = newer;
    std::vector<std::string> notes;
    CHECK(reopen(disk, notes).find("newer version") != std::string::npos);
    CHECK(disk.bytes_of("snapshot-00000002.ndjson") == newer);
}

TEST_CASE("a journal that is missing is not passed over") {
    power_loss_disk disk;
    fill(disk);
    disk.remove("journal-00000002.ndjson");
    std::vector<std::string> notes;
    CHECK(reopen(disk, notes).find("journal-00000002.ndjson is missing") != std::string::npos);
}

TEST_CASE("a store of the first version is opened, and gone on with in files of the present one") {
    power_loss_disk disk;
    disk.create("snapshot-00000001.ndjson")
        ->append(file::seal(R"({"rejoinder":"snapshot","version":1,"incarnation":"one","generation":1})") +
                 file::seal(R"({"record":{"account":"acme","type":"note","key":"a","revision":7,)"
                            R"("schema_version":1,"value":"first"}})") +
                 file::seal(R"({"lines":1})"));
    disk.create("journal-00000001.ndjson")
        ->append(file::seal(R"({"rejoinder":"journal","version":1,"incarnation":"one","generation":1})") +
                 file::seal(R"({"n":1,"synced":0,"at":1,"set":{"writes":[{"mode":"put","account":"acme",)"
                            R"("type":"note","key":"c","schema_version":1,"value":"second"}]}})"));
    auto journal = disk.bytes_of("journal-00000001.ndjson");
    std::vector<std::string> notes;
    {
        file::store store(disk, "two", notes);
        CHECK(store.incarnation() == "one");
        CHECK(store.generation() == 2);
        CHECK(store.found_version() == 1);
        CHECK(value_of(store, "a") == R"("first")");
        CHECK(value_of(store, "c") == R"("second")");
        store.purge(from_unix(0), 1, from_unix(1)); // removes nothing and leaves no line
        REQUIRE(store.commit(put("e", R"("second")"), from_unix(1)).committed());
        store.flush();
    }
    CHECK(disk.bytes_of("journal-00000001.ndjson") == journal);
    CHECK(disk.bytes_of("journal-00000002.ndjson").find(R"("version":2)") != std::string::npos);
    CHECK(disk.bytes_of("snapshot-00000002.ndjson").find(R"("version":2)") != std::string::npos);
    CHECK(reopen(disk, notes).empty());
    CHECK(notes.empty());
}

TEST_CASE("a record that begins above an erased one keeps its revision over snapshots and restarts") {
    power_loss_disk disk;
    std::vector<std::string> notes;
    {
        file::store store(disk, "one", notes);
        for (const auto* value : {"1", "2", "3"})
            REQUIRE(store.commit(put("a", value), from_unix(1)).committed());
        auto erasing = put("a", "");
        erasing.writes[0].value.reset();
        REQUIRE(store.commit(erasing, from_unix(1)).committed());
        store.flush();
        file::store::finish_generation(disk, store.begin_generation());
        REQUIRE(store.commit(put("b", "1"), from_unix(1)).committed());
        auto again = put("b", "2");
        again.writes[0].mode = write_mode::if_revision;
        again.writes[0].expected = {4};
        REQUIRE(store.commit(again, from_unix(1)).committed());
        store.flush();
    }
    file::store store(disk, "two", notes);
    CHECK(value_of(store, "b") == "2");
}

TEST_CASE("the feed goes on over snapshots and restarts, with everything that it has kept") {
    power_loss_disk disk;
    fill(disk); // its changes are in the second snapshot and in the journal behind it
    std::vector<std::string> notes;
    file::store store(disk, "two", notes);
    auto all = store.tables().read_changes(std::nullopt, 1000);
    REQUIRE(all.has_value());
    CHECK(all->changes.size() == 6);
    CHECK(all->last == 6);
    auto late = store.tables().read_changes(5, 1000);
    REQUIRE(late.has_value());
    REQUIRE(late->changes.size() == 1);
    CHECK(late->changes[0].record->key == "e");
}
