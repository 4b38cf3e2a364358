#pragma once

#include "persistence/ids.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace rejoinder::persistence {

/// Whom a record belongs to. A part that does not apply is the empty text, never absent, so that uniqueness
/// holds.
struct scope {
    std::string account;
    std::string loop;
    std::string device;
    std::string person;
    friend auto operator<=>(const scope&, const scope&) = default;
};

/// What names a keyed record: type, owner and key together are unique.
struct record_id {
    std::string type;
    persistence::scope scope;
    std::string key;
    friend auto operator<=>(const record_id&, const record_id&) = default;
};

/// A keyed record with its envelope. The value is JSON text, at most `max_value_size` bytes.
struct record {
    record_id id;
    std::string value;
    rejoinder::revision revision;
    int schema_version = 1;
    utc_time created{};
    utc_time updated{};
    std::optional<utc_time> expires; ///< from then on the record reads as absent
};

inline constexpr std::size_t max_value_size = 1 << 20;

/// When a write takes effect; otherwise it is a `conflict` that names the record's current revision.
enum class write_mode {
    create_only, ///< there is no such record
    if_revision, ///< the record has exactly the expected revision
    upsert       ///< always
};

/// One write of a change set. Without a value it erases the record (`create_only` makes no sense then).
struct record_write {
    record_id id;
    std::optional<std::string> value;
    write_mode mode = write_mode::upsert;
    revision expected{};
    int schema_version = 1;
    std::optional<utc_time> expires;
};

/// Asks for records of one type and scope in ascending order of key (bytewise), beginning after `after_key`.
struct scan_request {
    std::string type;
    persistence::scope scope;
    std::string after_key;
    std::size_t limit = 100; ///< 1 to 1000
};

} // namespace rejoinder::persistence
