#pragma once

#include "persistence/json.hpp"

#include <string>
#include <string_view>

namespace rejoinder {

/// Appends one compact line of JSON, byte for byte what `to_text` makes: whoever puts a text together from
/// parts writes them where they belong. A session writes its state, its events and its log with every turn,
/// and nlohmann's `dump` allocates half a kilobyte before the first byte; it still writes what is rare
/// (numbers with a fraction, bytes that are no UTF-8).
void append_text(std::string& to, const json& value);

/// The text as a JSON string, quotes included.
void append_quoted(std::string& to, std::string_view text);

void append_number(std::string& to, std::int64_t number);
void append_number(std::string& to, std::uint64_t number);

} // namespace rejoinder
