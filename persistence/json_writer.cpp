#include "persistence/json_writer.hpp"

#include "persistence/case_folding.hpp"
#include "persistence/json_bytes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace rejoinder {
namespace {

/// What stands behind the backslash for a byte that can't stand in a string as it is; 0: the byte as it is;
/// 'u': by its number.
constexpr std::array<char, 256> make_escapes() {
    std::array<char, 256> made{};
    for (std::size_t control = 0; control < 0x20; ++control)
        made[control] = 'u';
    made['\b'] = 'b';
    made['\t'] = 't';
    made['\n'] = 'n';
    made['\f'] = 'f';
    made['\r'] = 'r';
    made['"'] = '"';
    made['\\'] = '\\';
    return made;
}
constexpr auto escapes = make_escapes();

constexpr char escape_of(char c) noexcept {
    return escapes[static_cast<unsigned char>(c)];
}

std::string dumped(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_escape(std::string& to, char c) {
    static constexpr std::string_view digits = "0123456789abcdef";
    to += '\\';
    to += escape_of(c);
    if (escape_of(c) != 'u') return;
    to += "00";
    to += digits[static_cast<unsigned char>(c) >> 4];
    to += digits[static_cast<unsigned char>(c) & 0xf];
}

/// `append` of two pointers would replace nothing by them, which costs twice as much.
void append_bytes(std::string& to, const char* begin, const char* end) {
    to.append(begin, static_cast<std::size_t>(end - begin));
}

template <class Number>
void append_digits(std::string& to, Number number) {
    std::array<char, 24> digits;
    auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    append_bytes(to, digits.data(), written.ptr);
}

void append_array(std::string& to, const json& array) {
    to += '[';
    for (const auto& element : array) {
        append_separator(to);
        append_text(to, element);
    }
    to += ']';
}

void append_object(std::string& to, const json& object) {
    object_writer out(to);
    for (const auto& [name, value] : object.get_ref<const json::object_t&>())
        append_text(out.place_of(name), value);
    out.end();
}

} // namespace

void append_text(std::string& to, const json& value) {
    switch (value.type()) {
    case json::value_t::object:
        return append_object(to, value);
    case json::value_t::array:
        return append_array(to, value);
    case json::value_t::string:
        return append_quoted(to, value.get_ref<const std::string&>());
    case json::value_t::boolean:
        to += value.get<bool>() ? "true" : "false";
        return;
    case json::value_t::number_integer:
        return append_number(to, value.get<std::int64_t>());
    case json::value_t::number_unsigned:
        return append_number(to, value.get<std::uint64_t>());
    case json::value_t::null:
        to += "null";
        return;
    case json::value_t::number_float:
    case json::value_t::binary:
    case json::value_t::discarded:
        to += dumped(value);
    }
}

void append_quoted(std::string& to, std::string_view text) {
    const char* rest = text.data();
    const char* end = rest + text.size();
    const char* stop = find_special(rest, end);
    if (std::any_of(stop, end, is_beyond_ascii) && !is_utf8(text)) {
        to += dumped(text);
        return;
    }
    to += '"';
    for (; stop != end; stop = find_special(stop + 1, end)) {
        if (escape_of(*stop) == 0) continue;
        append_bytes(to, rest, stop);
        append_escape(to, *stop);
        rest = stop + 1;
    }
    append_bytes(to, rest, end);
    to += '"';
}

void append_number(std::string& to, std::int64_t number) {
    append_digits(to, number);
}

void append_number(std::string& to, std::uint64_t number) {
    append_digits(to, number);
}

std::string& object_writer::place_of(std::string_view name) {
    append_separator(to_);
    append_quoted(to_, name);
    to_ += ':';
    return to_;
}

} // namespace rejoinder
