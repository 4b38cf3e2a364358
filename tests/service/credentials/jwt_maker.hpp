#pragma once

#include "persistence/base64.hpp"
#include "persistence/json.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// Makes JSON Web Tokens, right ones and wrong ones, without the library that verifies them.
namespace rejoinder::tests {

inline std::string base64url(const std::string& bytes) {
    auto text = to_base64(bytes);
    text.erase(std::min(text.find('='), text.size()));
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

/// The first two parts of a token, which are what is signed.
inline std::string signed_part(const json& header, const json& claims) {
    return base64url(header.dump()) + "." + base64url(claims.dump());
}

inline std::string hs256(const std::string& part, const std::string& key) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(part.data()), part.size(), digest.data(), &length);
    return part + "." + base64url({reinterpret_cast<const char*>(digest.data()), length});
}

/// A pair of keys of which a server is given the public one.
class key_pair {
public:
    static key_pair rsa(unsigned int bits = 2048) { return key_pair(EVP_RSA_gen(bits)); }
    static key_pair curve(const char* name = "P-256") { return key_pair(EVP_EC_gen(name)); }

    std::string public_pem() const {
        std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
        PEM_write_bio_PUBKEY(out.get(), key_.get());
        return text_of(out.get());
    }
    std::string private_pem() const {
        std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
        PEM_write_bio_PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        return text_of(out.get());
    }

    /// The part with its signature, as RS256 has it.
    std::string rs256(const std::string& part) const { return part + "." + base64url(sign(part)); }

    /// The same for ES256: the two numbers of 32 bytes instead of their DER.
    std::string es256(const std::string& part) const {
        auto der = sign(part);
        const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
        std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> numbers(
            d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), &ECDSA_SIG_free);
        std::array<unsigned char, 64> both{};
        BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), both.data(), 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), both.data() + 32, 32);
        return part + "." + base64url({reinterpret_cast<const char*>(both.data()), both.size()});
    }

private:
    explicit key_pair(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {
        if (!key) throw std::runtime_error("no key can be made");
    }

    static std::string text_of(BIO* from) {
        char* bytes = nullptr;
        auto size = BIO_get_mem_data(from, &bytes);
        return {bytes, static_cast<std::size_t>(size)};
    }

    std::string sign(const std::string& part) const {
        std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
        const auto* bytes = reinterpret_cast<const unsigned char*>(part.data());
        std::size_t size = 0;
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
        EVP_DigestSign(context.get(), nullptr, &size, bytes, part.size());
        std::vector<unsigned char> signature(size);
        if (EVP_DigestSign(context.get(), signature.data(), &size, bytes, part.size()) != 1)
            throw std::runtime_error("nothing can be signed");
        return {reinterpret_cast<const char*>(signature.data()), size};
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

} // namespace rejoinder::tests
