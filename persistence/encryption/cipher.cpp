#include "persistence/encryption/cipher.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>
#include <stdexcept>

namespace rejoinder::persistence::encryption {
namespace {

constexpr std::string_view value_purpose = "rejoinder value";

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* one) const noexcept {
        Free(one);
    }
};
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, freed_by<&EVP_CIPHER_CTX_free>>;
using derivation_context = std::unique_ptr<EVP_KDF_CTX, freed_by<&EVP_KDF_CTX_free>>;
using derivation = std::unique_ptr<EVP_KDF, freed_by<&EVP_KDF_free>>;

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) noexcept {
    return reinterpret_cast<unsigned char*>(text.data());
}

/// No text is longer than a value, so every length fits.
int length_of(std::string_view text) noexcept {
    return static_cast<int>(text.size());
}

void need(bool worked) {
    if (!worked) throw std::runtime_error("AES-256-GCM or HKDF is not available in this OpenSSL");
}

OSSL_PARAM octets(const char* name, std::string_view value) {
    // The library reads such parameters only; its type is the same for those that it writes.
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
}

const EVP_KDF& hkdf() {
    static const derivation fetched(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr));
    need(fetched != nullptr);
    return *fetched;
}

cipher_context make_context() {
    cipher_context context(EVP_CIPHER_CTX_new());
    if (!context) throw std::bad_alloc();
    return context;
}

} // namespace

secret derive_key(const secret& from, std::string_view salt, std::string_view purpose) {
    derivation_context context(EVP_KDF_CTX_new(const_cast<EVP_KDF*>(&hkdf())));
    if (!context) throw std::bad_alloc();
    char digest[] = "SHA256";
    std::array<OSSL_PARAM, 5> parameters{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                                         octets(OSSL_KDF_PARAM_KEY, from.bytes()),
                                         octets(OSSL_KDF_PARAM_SALT, salt),
                                         octets(OSSL_KDF_PARAM_INFO, purpose), OSSL_PARAM_construct_end()};
    return secret::made(key_size, [&](std::span<std::byte> key) {
        auto* into = reinterpret_cast<unsigned char*>(key.data());
        need(EVP_KDF_derive(context.get(), into, key.size(), parameters.data()) == 1);
    });
}

std::string authentication_code(const secret& key, std::string_view text) {
    std::string code(32, '\0');
    unsigned int length = 0;
    const auto* made = HMAC(EVP_sha256(), key.bytes().data(), length_of(key.bytes()), bytes_of(text),
                            text.size(), bytes_of(code), &length);
    need(made != nullptr && length == code.size());
    return code;
}

std::string encrypt(const secret& key, const freshness& fresh, std::string_view associated,
                    std::string_view plain) {
    std::string_view random(reinterpret_cast<const char*>(fresh.data()), fresh.size());
    auto own = derive_key(key, random.substr(0, salt_size), value_purpose);
    std::string whole(random);
    return whole.append(gcm_encrypt(own, random.substr(salt_size), associated, plain));
}

std::optional<std::string> decrypt(const secret& key, std::string_view associated, std::string_view cipher) {
    if (cipher.size() < cipher_overhead) return std::nullopt;
    auto own = derive_key(key, cipher.substr(0, salt_size), value_purpose);
    return gcm_decrypt(own, cipher.substr(salt_size, nonce_size), associated,
                       cipher.substr(salt_size + nonce_size));
}

std::string gcm_encrypt(const secret& key, std::string_view nonce, std::string_view associated,
                        std::string_view plain) {
    auto context = make_context();
    std::string cipher(plain.size() + tag_size, '\0');
    int length = 0;
    need(nonce.size() == nonce_size && key.bytes().size() == key_size);
    need(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), bytes_of(key.bytes()), bytes_of(nonce),
                             nullptr) == 1);
    need(EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(associated), length_of(associated)) ==
         1);
    need(EVP_EncryptUpdate(context.get(), bytes_of(cipher), &length, bytes_of(plain), length_of(plain)) == 1);
    need(EVP_EncryptFinal_ex(context.get(), bytes_of(cipher) + plain.size(), &length) == 1);
    need(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size,
                             bytes_of(cipher) + plain.size()) == 1);
    return cipher;
}

std::optional<std::string> gcm_decrypt(const secret& key, std::string_view nonce, std::string_view associated,
                                       std::string_view cipher) {
    if (cipher.size() < tag_size) return std::nullopt;
    auto context = make_context();
    std::string tag(cipher.substr(cipher.size() - tag_size));
    cipher.remove_suffix(tag_size);
    std::string plain(cipher.size(), '\0');
    int length = 0;
    need(nonce.size() == nonce_size && key.bytes().size() == key_size);
    need(EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), bytes_of(key.bytes()), bytes_of(nonce),
                             nullptr) == 1);
    need(EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(associated), length_of(associated)) ==
         1);
    need(EVP_DecryptUpdate(context.get(), bytes_of(plain), &length, bytes_of(cipher), length_of(cipher)) ==
         1);
    need(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1);
    unsigned char nothing[EVP_MAX_BLOCK_LENGTH];
    if (EVP_DecryptFinal_ex(context.get(), nothing, &length) != 1) {
        OPENSSL_cleanse(plain.data(), plain.size()); // it is not what anybody has encrypted
        return std::nullopt;
    }
    return plain;
}

} // namespace rejoinder::persistence::encryption
