#pragma once

#include "persistence/ids.hpp"
#include "persistence/record.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace rejoinder::persistence::lifecycle {

/// Something without which a record means nothing: when it is gone, the record is an orphan.
struct owner_reference {
    std::string_view what; ///< `its session`
    std::variant<record_id, session_id> id;
};

/// What a record can't be without, in the order in which it is looked for. A record whose value can't be read
/// refers to nothing.
std::vector<owner_reference> owners_of(const record& one);

} // namespace rejoinder::persistence::lifecycle
