#include "persistence/file/compressing_disk.hpp"

#include "persistence/file/store.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/power_loss_disk.hpp"

#include <cstdint>
#include <span>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const std::string latest_snapshot = "snapshot-00000002.ndjson";

/// The disk as it is seen with or without compression.
std::unique_ptr<file::disk> seen(power_loss_disk& real, bool compresses) {
    std::shared_ptr<file::disk> borrowed(&real, [](file::disk*) {});
    return file::make_compressing_disk(std::move(borrowed), compresses);
}

change_set note(const std::string& key, const std::string& value) {
    change_set changes;
    changes.writes = {put(key, value)};
    return changes;
}

std::string value_of(const file::store& store, const std::string& key) {
    auto found = store.tables().read(id_of(key), from_unix(1));
    return found ? found->value : std::string();
}

/// A store with a hundred notes in its latest snapshot and one in the journal behind it.
void fill(file::disk& disk) {
    std::vector<std::string> notes;
    file::store store(disk, "one", notes);
    for (int number = 0; number < 100; ++number)
        REQUIRE(store.commit(note(std::to_string(number), R"("a cup of tea")"), from_unix(1)).committed());
    store.flush();
    file::store::finish_generation(disk, store.begin_generation());
    REQUIRE(store.commit(note("last", R"("milk")"), from_unix(1)).committed());
    store.flush();
}

void copy_files(power_loss_disk& from, power_loss_disk& to) {
    for (const auto& name : from.list()) {
        to.create(name);
        to.bytes_of(name) = from.bytes_of(name);
    }
}

void check_whole(file::disk& disk, std::vector<std::string>& notes) {
    file::store store(disk, "two", notes);
    CHECK(store.incarnation() == "one");
    CHECK(value_of(store, "0") == R"("a cup of tea")");
    CHECK(value_of(store, "99") == R"("a cup of tea")");
    CHECK(value_of(store, "last") == R"("milk")");
}

bool is_frame(const std::string& bytes) {
    return bytes.starts_with("\x28\xb5\x2f\xfd"); // RFC 8878, section 3.1.1
}

} // namespace

TEST_CASE("a compressed snapshot holds what a plain one does in a fraction of the room, and either way opens "
          "both") {
    auto compresses = GENERATE(true, false);
    CAPTURE(compresses);
    power_loss_disk real;
    fill(*seen(real, compresses));
    CHECK(is_frame(real.bytes_of(latest_snapshot)) == compresses);
    CHECK_FALSE(is_frame(real.bytes_of("journal-00000002.ndjson")));
    power_loss_disk plain;
    fill(*seen(plain, false));
    if (compresses) CHECK(real.bytes_of(latest_snapshot).size() * 5 < plain.bytes_of(latest_snapshot).size());

    auto otherwise = seen(real, !compresses);
    std::vector<std::string> notes;
    check_whole(*otherwise, notes);
    CHECK(notes.empty());
    {
        file::store store(*otherwise, "two", notes);
        file::store::finish_generation(*otherwise, store.begin_generation());
    }
    CHECK(is_frame(real.bytes_of("snapshot-00000003.ndjson")) != compresses);
    check_whole(*seen(real, compresses), notes);
}

TEST_CASE("a byte that changes anywhere in a compressed snapshot costs nothing: it is noticed, and the files "
          "before it hold "
          "everything") {
    power_loss_disk whole;
    fill(*seen(whole, true));
    auto snapshot = whole.bytes_of(latest_snapshot);
    std::size_t harmless = 0;
    for (std::size_t at = 0; at < snapshot.size(); at += 3) {
        CAPTURE(at);
        power_loss_disk real;
        copy_files(whole, real);
        auto disk = seen(real, true);
        auto& bytes = real.bytes_of(latest_snapshot);
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
        std::vector<std::string> notes;
        check_whole(*disk, notes);
        if (notes.empty()) ++harmless;
    }
    // A frame has a few bits that mean nothing: what it holds is the same by its checksum and by every
    // line's.
    CHECK(harmless * 50 < snapshot.size() / 3);
}

TEST_CASE("a compressed snapshot is read to its end, however much of it a few bytes of the frame hold") {
    auto size = GENERATE(std::size_t(1) << 10, std::size_t(1) << 17, std::size_t(1) << 19);
    power_loss_disk real;
    auto disk = seen(real, true);
    std::vector<std::string> notes;
    {
        file::store store(*disk, "one", notes);
        REQUIRE(store.commit(note("a", '"' + std::string(size, 'x') + '"'), from_unix(1)).committed());
        store.flush();
        file::store::finish_generation(*disk, store.begin_generation());
    }
    file::store store(*disk, "two", notes);
    CHECK(notes.empty());
    CHECK(value_of(store, "a").size() == size + 2);
    char byte = 0;
    std::size_t count = 0;
    auto input = disk->read(latest_snapshot);
    while (input->read(std::span(&byte, 1)) == 1)
        ++count;
    CHECK(count > size);
}

TEST_CASE("a compressed snapshot that ends too early is put aside") {
    power_loss_disk real;
    auto disk = seen(real, true);
    fill(*disk);
    auto& bytes = real.bytes_of(latest_snapshot);
    bytes.resize(GENERATE_COPY(std::size_t(0), std::size_t(3), bytes.size() / 2, bytes.size() - 1));
    std::vector<std::string> notes;
    check_whole(*disk, notes);
    CHECK(notes.size() == 1);
}

TEST_CASE("a file database that compresses is one like others, and can stop doing so") {
    manual_environment env;
    temporary_folder folder;
    std::string why;
    auto options = *parse_database_url("file:" + folder.file("store"));
    for (bool compresses : {true, false}) {
        options.compresses = compresses;
        auto db = open_database(env, options, why).value();
        change_set changes;
        changes.writes = {put(compresses ? "a" : "b", R"("tea")")};
        REQUIRE(env.run(db->commit(std::move(changes))).committed());
        CHECK_FALSE(env.run(db->compact()));
        CHECK(env.run(db->read(id_of("a")))->value == R"("tea")");
        env.run(db->close());
    }
}
