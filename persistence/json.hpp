#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder {

using json = nlohmann::json;

/// JSON whose objects keep their members in the order of the text, for documents where that has a meaning.
using ordered_json = nlohmann::ordered_json;

/// Bounds of a document from outside, checked while it is parsed and not afterwards.
struct json_limits {
    std::size_t depth = 32;       ///< nested arrays and objects
    std::size_t members = 256;    ///< keys of one object
    std::size_t elements = 65536; ///< values in the whole document
};

/// Bounds for documents that an operator wrote (machines): deeper and wider than a message may be.
inline constexpr json_limits document_limits{64, 4096, 1 << 20};

/// Bounds for what this program has stored: it was within its own bounds when it was made, and what was
/// written must always be readable. Only the depth stays bounded, far above what can have been written.
inline constexpr json_limits stored_limits{256, std::numeric_limits<std::size_t>::max(),
                                           std::numeric_limits<std::size_t>::max()};

/// Why a text is no acceptable JSON.
struct json_error {
    enum class reason { malformed, too_deep, too_many_members, too_large, duplicate_key };
    reason why = reason::malformed;
    std::size_t offset = 0; ///< byte at which it was noticed
    std::string message;    ///< one sentence without any of the input in it
};

template <class Json>
struct parsed_json {
    Json value;
    std::optional<json_error> error;
    explicit operator bool() const noexcept { return !error; }
};
using json_parse_result = parsed_json<json>;

/// Parses one JSON document (RFC 8259). Refuses what readers of JSON disagree on: duplicate keys, numbers
/// that no double holds, U+0000, invalid UTF-8, lone surrogates, anything behind the document.
json_parse_result parse_json(std::string_view text, const json_limits& limits = {});
parsed_json<ordered_json> parse_ordered_json(std::string_view text, const json_limits& limits = {});

/// One compact line of valid UTF-8; bytes that are none become U+FFFD.
std::string to_text(const json& value);
std::string to_ordered_text(const ordered_json& value);

/// The first token of a JSON Pointer (RFC 6901) and the pointer behind it. Hardly any token is escaped, so
/// none is copied that is not: the pointer must outlive it.
struct pointer_step {
    std::string_view plain; ///< the token as it stands in the pointer
    std::string_view rest;
    std::optional<std::string> unescaped{}; ///< where that is something else

    std::string_view token() const noexcept { return unescaped ? std::string_view(*unescaped) : plain; }
};

/// Nothing for the empty pointer and for a text that is no pointer.
std::optional<pointer_step> first_token(std::string_view pointer);

/// The index of an array that a token is; nothing when it is none (`-`, a name, a leading zero).
std::optional<std::size_t> array_index(std::string_view token) noexcept;

/// The value at a JSON Pointer, or nullptr when there is none or the pointer is malformed.
const json* find_pointer(const json& value, std::string_view pointer);

} // namespace rejoinder
