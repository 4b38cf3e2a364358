#pragma once

#include "persistence/environment.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rejoinder {

/// An identifier that cannot be passed where another kind is expected. The text is opaque.
template <class Tag>
struct identifier {
    std::string text;

    bool empty() const noexcept { return text.empty(); }
    friend bool operator==(const identifier&, const identifier&) = default;
    friend auto operator<=>(const identifier&, const identifier&) = default;
};

using session_id = identifier<struct session_tag>;
using turn_id = identifier<struct turn_tag>;
using account_id = identifier<struct account_tag>;
using device_id = identifier<struct device_tag>;

/// Counts a record's writes: +1 with each, and never the same twice for one key, also when the record was
/// erased and created anew in between. Zero is no record.
struct revision {
    std::uint64_t value = 0;
    friend auto operator<=>(const revision&, const revision&) = default;
    revision next() const noexcept { return {value + 1}; }
};

/// A new ULID: 26 characters of Crockford's base 32, 48 bits of the environment's UTC milliseconds, then 80
/// random bits (github.com/ulid/spec). Sorts by time of creation; not a secret.
std::string make_ulid(environment& env);

/// Whether the text may be an identifier made by a client: 1 to 64 characters out of letters, digits, `-`,
/// `_`,
/// `.` and `:`. What passes needs no escaping in logs and paths, but is still never made part of SQL.
bool is_client_id(std::string_view text) noexcept;

} // namespace rejoinder

template <class Tag>
struct std::hash<rejoinder::identifier<Tag>> {
    std::size_t operator()(const rejoinder::identifier<Tag>& id) const noexcept {
        return std::hash<std::string>()(id.text);
    }
};
