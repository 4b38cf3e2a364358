#include "persistence/ids.hpp"

#include "persistence/hash.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <set>

using namespace rejoinder;
using rejoinder::tests::manual_environment;

TEST_CASE("a ULID has 26 characters of Crockford's alphabet and begins with the time") {
    manual_environment env; // 2025-12-22T10:40:00Z
    auto id = make_ulid(env);
    CHECK(id.size() == 26);
    CHECK(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos);
    CHECK(id.substr(0, 10) == "01KD2TA000");
}

TEST_CASE("ULIDs sort by the time of their creation and differ within a millisecond") {
    manual_environment env;
    std::set<std::string> same_moment;
    for (int i = 0; i < 1000; ++i)
        same_moment.insert(make_ulid(env));
    CHECK(same_moment.size() == 1000);
    env.advance(milliseconds(1));
    CHECK(*same_moment.rbegin() < make_ulid(env));
    CHECK(is_client_id(*same_moment.begin()));
}

TEST_CASE("a client's id is 1 to 64 characters that need no escaping anywhere") {
    CHECK(is_client_id("a"));
    CHECK(is_client_id("A-z_0.9:x"));
    CHECK(is_client_id(std::string(64, 'x')));
    CHECK_FALSE(is_client_id(""));
    CHECK_FALSE(is_client_id(std::string(65, 'x')));
    for (const auto* text : {" ", "a b", "a/b", "a\\b", "a'b", "a\"b", "a\nb", "ä", "a;b", "a%b", "a=b"})
        CHECK_FALSE(is_client_id(text));
    CHECK_FALSE(is_client_id(std::string("a\0b", 3)));
}

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 of bytes in parts is that of the whole") {
    sha256_stream stream;
    for (const auto* part : {"a", "", "bc"})
        stream.add(part);
    CHECK(stream.finish_hex() == sha256_hex("abc"));
    CHECK(sha256_stream().finish_hex() == sha256_hex(""));
}

TEST_CASE("XXH3 gives the digests that xxhsum -H3 prints") {
    CHECK(xxh3_hex("") == "2d06800538d394c2");
    CHECK(xxh3_hex("abc") == "78af5f94892f3950");
    CHECK(xxh3_hex(std::string(1000, 'a')) == "b3e7af627147db7c");
}

TEST_CASE("a secret is 43 characters of base64url and never the same twice") {
    manual_environment env;
    auto secret = make_secret(env);
    CHECK(secret.size() == 43);
    CHECK(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos);
    CHECK(make_secret(env) != secret);
}

TEST_CASE("a comparison in constant time tells equal from different") {
    CHECK(equal_in_constant_time("", ""));
    CHECK(equal_in_constant_time("abc", "abc"));
    CHECK_FALSE(equal_in_constant_time("abc", "abd"));
    CHECK_FALSE(equal_in_constant_time("abc", "ab"));
    CHECK_FALSE(equal_in_constant_time("", "a"));
}
