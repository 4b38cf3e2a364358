#include "persistence/encryption/pseudonyms.hpp"

#include "persistence/encryption/cipher.hpp"
#include "persistence/encryption/place.hpp"
#include "persistence/hash.hpp"

#include <algorithm>

namespace rejoinder::persistence::encryption {
namespace {

/// 128 bits: no two of a scope's keys meet.
constexpr std::size_t code_size = 16;

} // namespace

record_id pseudonyms::of(record_id id) const {
    const auto& owner = id.scope;
    std::string key;
    for (std::size_t begin = 0; begin <= id.key.size();) {
        auto end = std::min(id.key.find('/', begin), id.key.size());
        if (begin > 0) key += '/';
        if (end > begin) {
            auto path = std::string_view(id.key).substr(0, end);
            auto what = joined({"key", id.type, owner.account, owner.loop, owner.device, owner.person, path});
            key += to_hex(authentication_code(key_, what).substr(0, code_size));
        }
        begin = end + 1;
    }
    id.key = std::move(key);
    return id;
}

} // namespace rejoinder::persistence::encryption
