#pragma once

#include "persistence/json.hpp"

#include <array>
#include <concepts>
#include <cstddef>
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
inline void append_separator(std::string& to) {
    if (to.back() != '[' && to.back() != '{') to += ',';
}

/// What a member is called, which the program's text says: it is put into quotes when that is compiled, as
/// most of what a turn writes are such names. What would have to be escaped, or is too long, does not
/// compile.
class member_name {
public:
    template <std::size_t Size>
    consteval member_name(const char (&name)[Size]) : size_(Size + 3) {
        static_assert(Size + 3 <= max_size, "the name is too long");
        text_[0] = ',';
        text_[1] = '"';
        for (std::size_t i = 0; i + 1 < Size; ++i) {
            if (name[i] < ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\')
                throw "a character would have to be escaped";
            text_[i + 2] = name[i];
        }
        text_[Size + 1] = '"';
        text_[Size + 2] = ':';
    }

    /// With the comma, unless it is the first of its object.
    void append_to(std::string& to) const {
        std::size_t skipped = to.back() == '{' ? 1 : 0;
        to.append(text_.data() + skipped, size_ - skipped);
    }

private:
    static constexpr std::size_t max_size = 31;

    std::array<char, max_size> text_{};
    std::uint8_t size_;
};

/// Writes one JSON object behind what a text has, member by member in the order of the calls, and needs no
/// tree in between. The text outlives it; nobody else writes there between its calls but what `place` asks
/// for.
class object_writer {
public:
    explicit object_writer(std::string& to) : to_(to) { to_ += '{'; }
    object_writer(const object_writer&) = delete;
    object_writer& operator=(const object_writer&) = delete;

    /// The text, where the member's value is to be appended.
    std::string& place(const member_name& name) {
        name.append_to(to_);
        return to_;
    }
    /// Of a member whose name comes from somewhere else.
    std::string& place_of(std::string_view name);

    object_writer& member(const member_name& name, std::string_view value) {
        append_quoted(place(name), value);
        return *this;
    }
    object_writer& member(const member_name& name, const char* value) {
        return member(name, std::string_view(value));
    }
    object_writer& member(const member_name& name, const std::string& value) {
        return member(name, std::string_view(value));
    }
    object_writer& member(const member_name& name, const json& value) {
        append_text(place(name), value);
        return *this;
    }
    template <std::integral Number>
    object_writer& member(const member_name& name, Number value) {
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
