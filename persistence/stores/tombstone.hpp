#pragma once

#include "persistence/stores/typed_record.hpp"

#include <span>
#include <string>
#include <string_view>

namespace rejoinder::persistence {

enum class erased_kind { account, user, person, session };
std::span<const std::string_view> names_of(erased_kind) noexcept;

/// Says that somebody's data was erased, without saying whose: keyed by a SHA-256. What was made before and
/// comes back, with a backup for example, is erased again.
struct tombstone_record {
    static constexpr record_shape shape{"tombstone", 1, scope_parts::none};

    erased_kind kind = erased_kind::account;
    utc_time erased{};
};
void describe(record_walk& walk, tombstone_record& value);

} // namespace rejoinder::persistence
