#include "service/credentials/signing_keys.hpp"

#include "persistence/key_file.hpp"
#include "service/config.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>

namespace rejoinder::service::credentials {
namespace {

constexpr persistence::encryption::key_length shared_key_length{32, 1024};
constexpr int least_rsa_bits = 2048;
constexpr std::size_t longest_kid = 128;

constexpr std::string_view begin_mark = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view end_mark = "-----END PUBLIC KEY-----";
constexpr std::string_view kid_mark = "kid:";

std::string_view without_spaces(std::string_view line) {
    constexpr std::string_view spaces = " \t\r";
    auto begin = std::min(line.find_first_not_of(spaces), line.size());
    line.remove_prefix(begin);
    return line.substr(0, line.find_last_not_of(spaces) + 1);
}

/// What is wrong with a key in PEM; empty when nothing is.
std::string problem_of(const std::string& pem, algorithm of) {
    std::unique_ptr<BIO, decltype(&BIO_free)> bytes(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                    &BIO_free);
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        bytes ? PEM_read_bio_PUBKEY(bytes.get(), nullptr, nullptr, nullptr) : nullptr, &EVP_PKEY_free);
    ERR_clear_error();
    if (!key) return "is no public key in PEM; `openssl pkey -pubout` writes one";
    if (of == algorithm::rs256) {
        bool good =
            EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key.get()) >= least_rsa_bits;
        return good ? "" : "is no RSA key of 2048 bits or more, as RS256 has them";
    }
    std::array<char, 64> group{};
    bool good = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC &&
                EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, group.data(),
                                               group.size(), nullptr) == 1 &&
                std::string_view(group.data()) == "prime256v1";
    return good ? "" : "is no key of the curve P-256, as ES256 has them";
}

/// Adds a key to the set; false, with `why`, when it can't be one of it.
bool add_public_key(key_set& keys, std::string name, const std::string& pem, algorithm of, std::string& why) {
    why = problem_of(pem, of);
    if (why.empty() && !name.empty() && std::ranges::find(keys, name, &verification_key::id) != keys.end())
        why = "has the kid of one before it; give each key a kid of its own";
    if (why.empty() && name.size() > longest_kid) why = "has a kid of more than 128 bytes";
    if (!why.empty()) {
        why.insert(0, "key " + std::to_string(keys.size() + 1) + " ");
        return false;
    }
    keys.push_back({std::move(name), secret(pem)});
    return true;
}

} // namespace

std::optional<key_set> parse_shared_keys(const secret& text, std::string& why) {
    auto keys = persistence::encryption::parse_key_lines(text, shared_key_length, why);
    if (keys && keys->size() > most_keys) {
        why = "there are more than 16 keys; remove those that nothing is signed with any more";
        return std::nullopt;
    }
    return keys;
}

std::optional<key_set> parse_public_keys(const secret& text, algorithm of, std::string& why) {
    key_set keys;
    std::string name;
    std::string pem;
    auto rest = text.bytes();
    while (!rest.empty()) {
        auto end = std::min(rest.find('\n'), rest.size());
        auto line = without_spaces(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.starts_with(kid_mark)) name = without_spaces(line.substr(kid_mark.size()));
        if (line.find("PRIVATE KEY") != line.npos) {
            why = "there is a private key in it; a server is given the public one only";
            return std::nullopt;
        }
        if (line != begin_mark && pem.empty()) continue;
        pem.append(line).append("\n");
        if (line != end_mark) continue;
        if (!add_public_key(keys, std::exchange(name, {}), std::exchange(pem, {}), of, why))
            return std::nullopt;
    }
    if (keys.empty() || keys.size() > most_keys || !pem.empty()) {
        why = "there must be 1 to 16 whole public keys in PEM; `openssl pkey -pubout` writes one";
        return std::nullopt;
    }
    return keys;
}

std::shared_ptr<const key_set> load_signing_keys(const rules& configured) {
    bool is_shared = configured.algorithm == algorithm::hs256;
    bool has_text = !configured.key.empty();
    bool has_file = !configured.key_file.empty();
    if (has_text && has_file)
        throw config_error("credentials.key: there is credentials.key-file as well; set one of them");
    if (!has_text && !has_file)
        throw config_error("credentials.key-file: tokens are signed with a key; name the file that has it");
    if (has_text && !is_shared)
        throw config_error("credentials.key: public keys are no secret; name a file with them as "
                           "credentials.key-file");
    std::string why;
    auto kind = is_shared ? key_file_kind::secret_keys : key_file_kind::public_keys;
    std::optional<secret> text = configured.key;
    if (has_file) text = read_key_file(configured.key_file, kind, why);
    if (!text) throw config_error("credentials.key-file: " + why);
    auto keys =
        is_shared ? parse_shared_keys(*text, why) : parse_public_keys(*text, configured.algorithm, why);
    if (keys) return std::make_shared<const key_set>(std::move(*keys));
    if (has_text) throw config_error("credentials.key: " + why);
    throw config_error("credentials.key-file: the file " + configured.key_file + ": " + why);
}

} // namespace rejoinder::service::credentials
