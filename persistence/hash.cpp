#include "persistence/hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include <array>
#include <stdexcept>

namespace rejoinder {

namespace {

using digest_bytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

[[noreturn]] void fail() {
    throw std::runtime_error("SHA-256 is not available");
}

std::string to_hex(const digest_bytes& digest, unsigned int length) {
    return rejoinder::to_hex({reinterpret_cast<const char*>(digest.data()), length});
}

} // namespace

std::string to_hex(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text(bytes.size() * 2, '0');
    auto* digit = text.data();
    for (auto byte : bytes) {
        *digit++ = digits[static_cast<unsigned char>(byte) >> 4];
        *digit++ = digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

std::string sha256_hex(std::string_view bytes) {
    // Two for each turn: a context of the thread's own costs no memory each time.
    thread_local sha256_stream stream;
    stream.begin();
    stream.add(bytes);
    return stream.finish_hex();
}

struct sha256_stream::context {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> native{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

sha256_stream::sha256_stream() : context_(std::make_unique<context>()) {
    begin();
}

void sha256_stream::begin() {
    // Looked up once: OpenSSL looks an algorithm up by its name with every use of EVP_sha256.
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm{
        EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free};
    auto* native = context_->native.get();
    if (!native || !algorithm || EVP_DigestInit_ex(native, algorithm.get(), nullptr) != 1) fail();
}
sha256_stream::~sha256_stream() = default;

void sha256_stream::add(std::string_view bytes) {
    if (EVP_DigestUpdate(context_->native.get(), bytes.data(), bytes.size()) != 1) fail();
}

std::string sha256_stream::finish_hex() {
    digest_bytes digest{};
    unsigned int length = 0;
    if (EVP_DigestFinal_ex(context_->native.get(), digest.data(), &length) != 1) fail();
    return to_hex(digest, length);
}

std::uint64_t xxh3(std::string_view bytes) noexcept {
    return XXH3_64bits(bytes.data(), bytes.size());
}

std::string to_hex(std::uint64_t number) {
    XXH64_canonical_t digits; // its bytes in the order that they are written in
    XXH64_canonicalFromHash(&digits, number);
    return to_hex({reinterpret_cast<const char*>(digits.digest), sizeof digits.digest});
}

std::string xxh3_hex(std::string_view bytes) {
    return to_hex(xxh3(bytes));
}

std::string make_secret(environment& env) {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::array<std::byte, 32> random{};
    env.fill_random(random);

    std::string text;
    text.reserve(43);
    unsigned bits = 0;
    int count = 0;
    for (auto byte : random) {
        bits = bits << 8 | std::to_integer<unsigned>(byte);
        for (count += 8; count >= 6; count -= 6)
            text += alphabet[bits >> (count - 6) & 63];
    }
    text += alphabet[bits << (6 - count) & 63];
    return text;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace rejoinder
