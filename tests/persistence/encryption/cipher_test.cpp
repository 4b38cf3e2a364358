#include "persistence/encryption/cipher.hpp"

#include "persistence/base64.hpp"
#include "persistence/hash.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace rejoinder;
using namespace rejoinder::persistence::encryption;

namespace {

std::string from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    return bytes;
}

secret key_of(char byte) {
    return secret(std::string(key_size, byte));
}

} // namespace

TEST_CASE("AES-256-GCM gives what its specification's test cases 13, 14 and 16 say") {
    secret zero(std::string(32, '\0'));
    std::string no_nonce(12, '\0');
    CHECK(to_hex(gcm_encrypt(zero, no_nonce, "", "")) == "530f8afbc74536b9a963b4f1c4cb738b");
    CHECK(to_hex(gcm_encrypt(zero, no_nonce, "", std::string(16, '\0'))) ==
          "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");

    secret key(from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    auto plain = from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                          "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    auto associated = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    auto nonce = from_hex("cafebabefacedbaddecaf888");
    auto cipher = gcm_encrypt(key, nonce, associated, plain);
    CHECK(to_hex(cipher) == "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                            "76fc6ece0f4e1768cddf8853bb2d551b");
    CHECK(gcm_decrypt(key, nonce, associated, cipher) == plain);
    CHECK_FALSE(gcm_decrypt(key, nonce, "", cipher));
}

TEST_CASE("HKDF gives the first 32 bytes of what RFC 5869's first test case says") {
    secret from(std::string(22, '\x0b'));
    auto made = derive_key(from, from_hex("000102030405060708090a0b0c"), from_hex("f0f1f2f3f4f5f6f7f8f9"));
    CHECK(to_hex(made.bytes()) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST_CASE("an authentication code is what RFC 4231's second test case says") {
    CHECK(to_hex(authentication_code(secret("Jefe"), "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a text comes back out of its cipher, under its key and beside its associated data alone") {
    auto text = GENERATE(as<std::string>(), "", "x", std::string(100'000, 'y'), std::string("\0\xff", 2));
    freshness fresh{};
    auto cipher = encrypt(key_of('k'), fresh, "here", text);
    CHECK(cipher.size() == text.size() + cipher_overhead);
    CHECK(decrypt(key_of('k'), "here", cipher) == text);
    CHECK_FALSE(decrypt(key_of('l'), "here", cipher));
    CHECK_FALSE(decrypt(key_of('k'), "there", cipher));
}

TEST_CASE("a cipher of which any byte is another one, or which is cut, does not open") {
    freshness fresh{};
    auto cipher = encrypt(key_of('k'), fresh, "here", "a text");
    for (std::size_t at = 0; at < cipher.size(); ++at) {
        auto changed = cipher;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CHECK_FALSE(decrypt(key_of('k'), "here", changed));
        CHECK_FALSE(decrypt(key_of('k'), "here", cipher.substr(0, at)));
    }
}

TEST_CASE("base64 has one text for some bytes, and only that one is read") {
    for (const auto* bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
        CHECK(from_base64(to_base64(bytes)) == bytes);
    CHECK(to_base64("fooba") == "Zm9vYmE=");
    CHECK(to_base64("").size() == base64_size(0));
    CHECK(to_base64("foob").size() == base64_size(4));
    for (const auto* text : {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n", " Zg==", "Zm9v    ",
                             "Z===", "====", "Zm-v", "Zg==Zg==", "\nZm9vYm9v"})
        CHECK_FALSE(from_base64(text));
}

TEST_CASE("a secret is shown as stars") {
    std::ostringstream out;
    out << secret("sesame") << secret();
    CHECK(out.str() == "******");
    CHECK(secret().empty());
    CHECK(secret("sesame").bytes() == "sesame");
}
