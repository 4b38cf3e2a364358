#include "persistence/encryption/index_key.hpp"

#include "persistence/encryption/cipher.hpp"
#include "persistence/encryption/place.hpp"
#include "persistence/error.hpp"

#include <openssl/crypto.h>

namespace rejoinder::persistence::encryption {
namespace {

std::string place() {
    return joined({"index key"});
}

} // namespace

secret make_index_key(environment& env) {
    return secret::made(key_size, [&env](std::span<std::byte> bytes) { env.fill_random(bytes); });
}

std::string seal_index_key(const sealer& texts, const secret& key) {
    return texts.seal(place(), "", key.bytes());
}

result<secret> open_index_key(const sealer& texts, const std::string& sealed) {
    auto found = texts.open(place(), sealed);
    if (!found) return found.error();
    secret key(found->text);
    OPENSSL_cleanse(found->text.data(), found->text.size());
    if (key.bytes().size() != key_size) return errc::corrupt;
    return key;
}

} // namespace rejoinder::persistence::encryption
