#include "persistence/encryption/keyring.hpp"

#include "persistence/base64.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>

using namespace rejoinder;
using namespace rejoinder::persistence::encryption;
using tests::temporary_folder;

namespace {

std::string line_of(const std::string& id, char byte, std::size_t size = 32) {
    return id + ":" + to_base64(std::string(size, byte)) + "\n";
}

std::string refusal_of(const std::string& text) {
    std::string why;
    CHECK_FALSE(parse_keyring(secret(text), why));
    return why;
}

std::string write_keys(const temporary_folder& folder, std::filesystem::perms mode) {
    auto file = folder.file("keys");
    std::ofstream(file) << line_of("k1", 'a');
    std::filesystem::permissions(file, mode);
    return file;
}

constexpr auto owner_only = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

} // namespace

TEST_CASE("the first key of a ring is the current one, and all are found by their ids") {
    std::string why;
    auto keys =
        parse_keyring(secret("# of this year\n\n  " + line_of("2026-a", 'a') + line_of("k.1_", 'b')), why);
    REQUIRE(keys);
    CHECK(keys->keys().size() == 2);
    CHECK(keys->current().id == "2026-a");
    CHECK(keys->current().bytes.bytes() == std::string(32, 'a'));
    const auto* other = keys->find("k.1_");
    REQUIRE(other);
    CHECK(other->bytes.bytes() == std::string(32, 'b'));
    CHECK_FALSE(keys->find("k"));
}

TEST_CASE("what is no ring of keys is refused with the line and what is wrong with it") {
    CHECK(refusal_of("") ==
          "there is no key; write a line ID:KEY, with a key that `openssl rand -base64 32` makes");
    CHECK(refusal_of("# nothing\n\n").starts_with("there is no key"));
    CHECK(refusal_of(line_of("k1", 'a', 31)).starts_with("line 1 must have a key of exactly 32 bytes"));
    CHECK(refusal_of(line_of("k1", 'a', 33)).starts_with("line 1 must have a key of exactly 32 bytes"));
    CHECK(refusal_of("k1:\n").starts_with("line 1 must have a key of exactly 32 bytes"));
    CHECK(refusal_of(line_of("k1", 'a') + line_of("k1", 'b'))
              .starts_with("line 2 has the id of a key above it"));
    CHECK(refusal_of(line_of("k1", 'a') + "k2:c2VzYW1l*").starts_with("line 2 must have its key in base64"));
    for (const auto* id : {"", "a b", "a/b", "\"", "schlüssel", "123456789012345678901234567890123"})
        CHECK(refusal_of(line_of(id, 'a')).starts_with("line 1 must be ID:KEY"));
    CHECK(refusal_of("sesame").starts_with("line 1 must be ID:KEY"));
}

TEST_CASE("no refusal of a ring shows any of its text") {
    auto key = to_base64(std::string(31, 'q'));
    for (const auto& text :
         {key, "k1:" + key, "k1:" + key + "*", key + ":" + key, line_of("k1", 'a') + "k1:" + key}) {
        auto why = refusal_of(text);
        CHECK(why.find(key.substr(0, 8)) == std::string::npos);
        CHECK(why.find("k1") == std::string::npos);
    }
}

TEST_CASE("a file of keys is read where only its owner may read it") {
    temporary_folder folder;
    std::string why;
    auto keys = load_keyring(write_keys(folder, owner_only), why);
    INFO(why);
    REQUIRE(keys);
    CHECK(keys->current().id == "k1");

    for (auto mode : {std::filesystem::perms::group_read, std::filesystem::perms::others_read,
                      std::filesystem::perms::others_write}) {
        auto file = write_keys(folder, owner_only | mode);
        CHECK_FALSE(load_keyring(file, why));
        CHECK(why == "the file " + file + " is open to others than its owner; change that with chmod 600");
        std::filesystem::remove(file);
    }
}

TEST_CASE("a file that holds no keys is refused with its name") {
    temporary_folder folder;
    std::string why;
    CHECK_FALSE(load_keyring(folder.file("none"), why));
    CHECK(why == "the file " + folder.file("none") + " cannot be read (No such file or directory)");
    CHECK_FALSE(load_keyring(folder.path().string(), why));
    CHECK(why.find("is no regular file") != std::string::npos);

    auto file = write_keys(folder, owner_only);
    std::ofstream(file) << "k1:sesame\n";
    CHECK_FALSE(load_keyring(file, why));
    CHECK(why.starts_with("the file " + file + ": line 1 must have its key in base64"));
    std::ofstream(file) << std::string(70 << 10, '\n');
    CHECK_FALSE(load_keyring(file, why));
    CHECK(why.find("larger than 64 KiB") != std::string::npos);
}
