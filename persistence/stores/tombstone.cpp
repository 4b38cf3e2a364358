#include "persistence/stores/tombstone.hpp"

#include <array>

namespace rejoinder::persistence {

std::span<const std::string_view> names_of(erased_kind) noexcept {
    static constexpr std::array<std::string_view, 4> names{"account", "user", "person", "session"};
    return names;
}

void describe(record_walk& walk, tombstone_record& value) {
    walk.choice("kind", value.kind);
    walk.time("erased", value.erased);
}

} // namespace rejoinder::persistence
