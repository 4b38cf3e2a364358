#include "persistence/encryption/place.hpp"

#include <cstdint>

namespace rejoinder::persistence::encryption {

std::string joined(std::initializer_list<std::string_view> fields) {
    std::string bytes;
    for (auto field : fields) {
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes += static_cast<char>(std::uint64_t(field.size()) >> shift & 0xff);
        bytes += field;
    }
    return bytes;
}

std::string place_of(const record_id& stored) {
    const auto& owner = stored.scope;
    return joined({"record", stored.type, owner.account, owner.loop, owner.device, owner.person, stored.key});
}

std::string place_of(const session_id& session, std::string_view column) {
    return joined({"session", session.text, column});
}

std::string place_of(revision entry, std::string_view column) {
    return joined({"log", std::to_string(entry.value), column});
}

} // namespace rejoinder::persistence::encryption
