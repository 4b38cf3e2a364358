#pragma once

#include "persistence/case_folding.hpp"
#include "persistence/json_bytes.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace rejoinder {

/// Reads JSON as most texts are: without fractions and mistakes. It makes of them the calls that
/// nlohmann's parser makes, which collects each byte for its messages and takes twice as long. Whatever else
/// it meets it gives up: that parser knows what to do or to say.
template <class Builder>
class plain_json {
public:
    plain_json(std::string_view text, Builder& into)
        : at_(text.data()), end_(text.data() + text.size()), into_(into) {}

    /// False when it gave up, or the builder did: what was built counts for nothing then.
    bool read() {
        if (!read_value()) return false;
        skip_space();
        return at_ == end_;
    }

private:
    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
            ++at_;
    }

    /// Whether that comes next, spaces aside; then it is behind us.
    bool take(char c) {
        skip_space();
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }

    bool take(std::string_view word) {
        if (!std::string_view(at_, end_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    bool read_value() {
        if (take('"')) return read_string() && into_.string(string_);
        if (take('{')) return into_.start_object(0) && read_members() && into_.end_object();
        if (take('[')) return into_.start_array(0) && read_elements() && into_.end_array();
        if (take("true")) return into_.boolean(true);
        if (take("false")) return into_.boolean(false);
        if (take("null")) return into_.null();
        return read_number();
    }

    bool read_members() {
        if (take('}')) return true;
        do {
            if (!take('"') || !read_string() || !into_.key(string_) || !take(':') || !read_value())
                return false;
        } while (take(','));
        return take('}');
    }

    bool read_elements() {
        if (take(']')) return true;
        do {
            if (!read_value()) return false;
        } while (take(','));
        return take(']');
    }

    /// To its closing quote.
    bool read_string() {
        string_.clear();
        bool ascii = true;
        for (const char* begin = at_;;) {
            at_ = find_special(at_, end_);
            if (at_ == end_) return false;
            if (is_beyond_ascii(*at_)) {
                ascii = false;
                ++at_;
                continue;
            }
            string_.append(begin, at_);
            char special = *at_++;
            if (special == '"') return ascii || is_utf8(string_);
            if (special != '\\' || !read_escape()) return false;
            begin = at_;
        }
    }

    /// What comes behind its backslash (RFC 8259, section 7).
    bool read_escape() {
        static constexpr std::string_view letters = "\"\\/bfnrt";
        static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (at_ == end_) return false;
        if (take("u")) return read_code_point();
        auto which = letters.find(*at_++);
        if (which == letters.npos) return false;
        string_ += meanings[which];
        return true;
    }

    /// One of UTF-16's units, or two that belong together.
    bool read_code_point() {
        static constexpr std::uint32_t high = 0xD800;
        static constexpr std::uint32_t low = 0xDC00;
        static constexpr std::uint32_t behind = 0xE000;
        std::uint32_t code = 0;
        if (!read_unit(code)) return false;
        if (code >= high && code < behind) {
            std::uint32_t second = 0;
            if (code >= low || !take("\\u") || !read_unit(second)) return false;
            if (second < low || second >= behind) return false;
            code = 0x10000 + ((code - high) << 10 | (second - low));
        }
        append_utf8(string_, code);
        return true;
    }

    bool read_unit(std::uint32_t& unit) {
        static constexpr std::ptrdiff_t digits = 4;
        if (end_ - at_ < digits) return false;
        const char* begin = std::exchange(at_, at_ + digits);
        return std::from_chars(begin, at_, unit, 16).ptr == at_;
    }

    bool read_number() {
        static constexpr std::ptrdiff_t always_fit = 18; // digits of a signed number of 64 bits
        bool negative = take('-');
        const char* begin = at_;
        std::uint64_t number = 0;
        at_ = std::from_chars(begin, end_, number).ptr;
        if (at_ == begin || at_ - begin > always_fit) return false;
        if (*begin == '0' && (negative || at_ - begin > 1)) return false;
        if (at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E')) return false;
        return negative ? into_.number_integer(-static_cast<std::int64_t>(number))
                        : into_.number_unsigned(number);
    }

    const char* at_;
    const char* end_;
    Builder& into_;
    std::string string_; // the latest
};

} // namespace rejoinder
