#pragma once

#include "persistence/stores/record_problem.hpp"
#include "persistence/stores/typed_record.hpp"

#include <span>
#include <string_view>
#include <vector>

/// All types of keyed records, for what goes through a store without knowing what is in it: validate,
/// sanitise, statistics, export.
namespace rejoinder::persistence {

/// What became of a record that was not as its schema wants it.
struct sanitised {
    json value;
    std::vector<record_problem> mended; ///< empty: the value is the one that was given
};

struct record_type {
    record_shape shape;

    /// Everything that is wrong with a record; nothing when it is valid.
    std::vector<record_problem> (*validate)(const record_id& id, const json& value);

    /// A valid record as it is; otherwise one that is valid and means the same, or what is wrong with it
    /// that has no single meaning. Nothing is ever cut or replaced by a default.
    checked<sanitised> (*sanitise)(const record_id& id, const json& value);
};

/// Ascending by name.
std::span<const record_type> record_types() noexcept;

/// Nothing for a name that is none.
const record_type* find_record_type(std::string_view name) noexcept;

/// Whether the keys of a type's records hold personal text; not of a type that is unknown.
bool has_personal_key(std::string_view type);

} // namespace rejoinder::persistence
