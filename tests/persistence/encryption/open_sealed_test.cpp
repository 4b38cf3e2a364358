#include "tests/persistence/encryption/sealed_store.hpp"

#include "persistence/encryption/marker.hpp"
#include "persistence/encryption/sealed_text.hpp"

#include <fstream>
#include <sstream>

using namespace rejoinder;
using namespace rejoinder::tests;

#define EVERY_LASTING_TYPE GENERATE(database_type::file, database_type::sqlite)

namespace {

/// Whether a text stands anywhere in the files of a folder.
bool is_in_files(const std::filesystem::path& folder, const std::string& text) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (!file.is_regular_file()) continue;
        std::ostringstream content;
        content << std::ifstream(file.path(), std::ios::binary).rdbuf();
        if (content.str().find(text) != std::string::npos) return true;
    }
    return false;
}

const std::string marker_text = "xyzzy-the-marker";

void write_marked(sealed_store& store) {
    store.put(note("a"), R"({"said":")" + marker_text + R"("})");
    store.put(item("shopping/" + marker_text), "1");
    store.put(item(marker_text + "/milk"), "1");
    auto row = begin_session(store, "s1", marker_text);
    REQUIRE(next_turn(store, row, marker_text).committed());
}

} // namespace

TEST_CASE("nothing of what is sealed stands in any file, open or closed") {
    auto type = EVERY_LASTING_TYPE;
    CAPTURE(to_string(type));
    sealed_store plain(type);
    REQUIRE(plain.open({}).empty());
    write_marked(plain);
    CHECK(is_in_files(plain.folder(), marker_text)); // it would be found

    sealed_store store(type, {"k1"});
    write_marked(store);
    CHECK_FALSE(is_in_files(store.folder(), marker_text));
    CHECK_FALSE(is_in_files(store.folder(), "shopping"));
    CHECK(is_in_files(store.folder(), "list_item"));
    store.close();
    CHECK_FALSE(is_in_files(store.folder(), marker_text));
    REQUIRE(store.open({"k1"}).empty());
    CHECK(store.read(item("shopping/" + marker_text)));
    CHECK_FALSE(is_in_files(store.folder(), marker_text));
}

TEST_CASE("a sealed store opens with its keys only, and says which it needs") {
    auto type = EVERY_LASTING_TYPE;
    CAPTURE(to_string(type));
    sealed_store store(type, {"old"});
    store.put(note("a"), "1");
    REQUIRE(store.open({"new", "old"}).empty());
    store.put(note("b"), "2");

    CHECK(store.open({}) == "the database " + store.location() +
                                " is encrypted; give its keys ('new', 'old') with encryption.key-file or "
                                "encryption.key");
    CHECK(store.error == errc::missing_key);
    CHECK(store.open({"new"}) == "the database " + store.location() +
                                     " holds values that were encrypted with the key 'old', which is not "
                                     "among those that were given; add it to them");
    CHECK(store.error == errc::missing_key);
    std::vector<encryption::named_key> wrong{{"new", secret(std::string(32, '?'))}};
    wrong.push_back(ring_of({"old"})->current());
    CHECK(store.open(std::make_shared<const encryption::keyring>(wrong)) ==
          "the database " + store.location() +
              " was encrypted with another key 'new' than the one that was given under this id; give the "
              "right one");

    REQUIRE(store.open({"old", "new"}).empty());
    CHECK(store.read(note("a"))->value == "1");
    CHECK(store.read(note("b"))->value == "2");
}

TEST_CASE("a copy of a sealed store is sealed under the same keys") {
    auto type = EVERY_LASTING_TYPE;
    CAPTURE(to_string(type));
    sealed_store store(type, {"k1"});
    write_marked(store);
    temporary_folder elsewhere;
    auto place = elsewhere.file("copy");
    REQUIRE_FALSE(store.env.run(store.db->back_up(place)));
    CHECK_FALSE(is_in_files(elsewhere.path(), marker_text));

    database_options options;
    options.type = type;
    options.location = place;
    std::string why;
    CHECK(open_database(store.env, options, why).error() == errc::missing_key);
    options.keys = ring_of({"k1"});
    auto copy = open_database(store.env, options, why);
    INFO(why);
    REQUIRE(copy);
    CHECK(store.env.run((*copy)->read(item("shopping/" + marker_text))));
    store.env.run((*copy)->close());
}

TEST_CASE("a store in which the record of the keys is damaged is refused") {
    sealed_store store(database_type::sqlite, {"k1"});
    auto value = GENERATE(as<std::string>(), "", "{}", R"({"format":2})",
                          R"({"format":1,"progress":"none","keys":{},"index_key":""})",
                          R"({"format":1,"progress":"sealed","keys":{"k1":1},"index_key":""})",
                          R"({"format":1,"progress":"sealed","keys":{},"index_key":""})");
    auto stored = store.stored("encryption");
    stored.value = value;
    store.plant(stored);
    CHECK(store.open({"k1"}) == "the database " + store.location() +
                                    " has a damaged record of the keys that it was encrypted with; restore a "
                                    "backup");
    CHECK(store.error == errc::corrupt);
}

TEST_CASE("a store that was begun without keys is read as it is, and sealed from then on") {
    auto type = EVERY_LASTING_TYPE;
    CAPTURE(to_string(type));
    sealed_store store(type);
    REQUIRE(store.open({}).empty());
    store.put(note("a"), "1");
    store.put(item("shopping/milk"), "2");
    store.put(item("shopping/bread"), "3");
    auto before = *store.read(item("shopping/milk"));
    auto row = begin_session(store, "s1", "before");

    REQUIRE(store.open({"k1"}).empty());
    CHECK(store.stored("note").value == "1");
    CHECK(store.read(note("a"))->value == "1");
    CHECK(store.env.run(store.db->find_turn(row.key, {"t1"}))->input == R"(["before"])");
    REQUIRE(next_turn(store, row, "after").committed());
    store.put(note("a"), "4");
    CHECK(encryption::read_sealed(store.stored("note").value));
    CHECK(store.read(note("a"))->value == "4");

    // Keys that hold personal text are hidden at once.
    CHECK(store.stored("list_item").id.key.size() == 65);
    auto after = store.read(item("shopping/milk"));
    REQUIRE(after);
    CHECK(after->value == "2");
    CHECK(after->revision == before.revision);
    CHECK(after->created == before.created);
    CHECK(store.walk().size() == 3);

    CHECK_FALSE(store.open({}).empty());
    REQUIRE(store.open({"k1"}).empty());
    CHECK(store.walk().size() == 3);
    CHECK(store.read(item("shopping/bread"))->value == "3");
}

TEST_CASE("a plain value that looks as if it were sealed is read as it is, also after keys are given") {
    sealed_store other(database_type::memory, {"k1"});
    other.put(note("a"), "hidden");
    auto foreign = other.stored("note").value;
    sealed_store store(database_type::sqlite);
    REQUIRE(store.open({}).empty());
    const std::string looks = R"({"sealed":{"key":"k1","data":"c2VzYW1l"}})";
    const std::string unknown = R"({"sealed":{"key":"k9","data":"c2VzYW1l"}})";
    store.put(note("looks"), looks);
    store.put(note("unknown"), unknown);
    store.put(note("elsewhere"), foreign);
    CHECK(store.read(note("looks"))->value == looks);
    for (int round = 0; round < 2; ++round) {
        REQUIRE(store.open({"k1"}).empty());
        CHECK(store.read(note("looks"))->value == looks);
        CHECK(store.read(note("unknown"))->value == unknown);
        CHECK(store.read(note("elsewhere"))->value == foreign);
    }
}

TEST_CASE("hiding the keys of a store that was begun without goes on where it was interrupted") {
    sealed_store store(database_type::sqlite);
    REQUIRE(store.open({}).empty());
    for (int i = 0; i < 30; ++i)
        store.put(item("shopping/" + std::to_string(i)), std::to_string(i));
    auto plain = store.walk();
    REQUIRE(store.open({"k1"}).empty());

    // As it would stand if it had ended in the middle: some have both names, some the old one.
    auto stored = store.stored("encryption");
    auto marker = encryption::to_marker(stored.value);
    REQUIRE(marker);
    CHECK(marker->progress == encryption::progress::mixed);
    marker->progress = encryption::progress::admitting;
    stored.value = encryption::to_value(*marker);
    store.plant(stored);
    transfer what;
    for (std::size_t i = 0; i < 20; ++i)
        what.records.push_back(plain[i]);
    store.plant(what);

    REQUIRE(store.open({"k1"}).empty());
    CHECK(store.walk().size() == 30);
    for (int i = 0; i < 30; ++i)
        CHECK(store.read(item("shopping/" + std::to_string(i)))->value == std::to_string(i));
    CHECK(encryption::to_marker(store.stored("encryption").value)->progress == encryption::progress::mixed);
}
