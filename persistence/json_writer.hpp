#pragma once

#include "persistence/json.hpp"

#include <concepts>
#include <cstdint>
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

/// What parts a value of an array or object from the one before it; nothing at the beginning.
void append_separator(std::string& to);

/// Writes one JSON object behind what a text has, member by member in the order of the calls, and needs no
/// tree in between. The text outlives it; nobody else writes there between its calls but what `place` asks
/// for.
class object_writer {
public:
    explicit object_writer(std::string& to) : to_(to) { to_ += '{'; }
    object_writer(const object_writer&) = delete;
    object_writer& operator=(const object_writer&) = delete;

    /// The text, where the member's value is to be appended.
    std::string& place(std::string_view name) {
        append_separator(to_);
        append_quoted(to_, name);
        to_ += ':';
        return to_;
    }

    object_writer& member(std::string_view name, std::string_view value) {
        append_quoted(place(name), value);
        return *this;
    }
    object_writer& member(std::string_view name, const char* value) {
        return member(name, std::string_view(value));
    }
    object_writer& member(std::string_view name, const std::string& value) {
        return member(name, std::string_view(value));
    }
    object_writer& member(std::string_view name, const json& value) {
        append_text(place(name), value);
        return *this;
    }
    template <std::integral Number>
    object_writer& member(std::string_view name, Number value) {
        if constexpr (std::same_as<Number, bool>)
            place(name) += value ? "true" : "false";
        else if constexpr (std::signed_integral<Number>)
            append_number(place(name), std::int64_t{value});
        else
            append_number(place(name), std::uint64_t{value});
        return *this;
    }

    /// Behind the last member.
    void end() { to_ += '}'; }

private:
    std::string& to_;
};

} // namespace rejoinder
