#include "statemachine/letters.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
namespace {

constexpr unsigned char latin1_lead = 0xC3; // in UTF-8 the letters À to ÿ are this byte and one more

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Changes the case of the character at `at`; the number of bytes never changes.
template <class Ascii, class Latin1>
void change_case(std::string& text, std::size_t at, Ascii ascii, Latin1 latin1) {
    auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) {
        text[at] = ascii(text[at]);
    } else if (lead == latin1_lead && at + 1 < text.size()) {
        text[at + 1] = static_cast<char>(latin1(static_cast<unsigned char>(text[at + 1])));
    }
}

char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
char ascii_upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

// Among the letters stand the signs × (97) and ÷ (B7); ß (9F) and ÿ (BF) have no upper case in Latin-1.
int latin1_lower(unsigned char c) {
    return c >= 0x80 && c <= 0x9E && c != 0x97 ? c + 0x20 : c;
}
int latin1_upper(unsigned char c) {
    return c >= 0xA0 && c <= 0xBE && c != 0xB7 ? c - 0x20 : c;
}

/// What stands at a place of a text, as far as words are concerned.
struct mark {
    enum class kind { letter, apostrophe, gap } what;
    std::size_t bytes;
};

mark classify(std::string_view text) {
    auto c = static_cast<unsigned char>(text[0]);
    if (c == '\'') return {mark::kind::apostrophe, 1};
    if (c < 0x80) {
        bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return {letter ? mark::kind::letter : mark::kind::gap, 1};
    }
    if (text.starts_with("\u2019") || text.starts_with("\u2018")) return {mark::kind::apostrophe, 3};
    if (text.starts_with("\u3001") || text.starts_with("\u3002")) return {mark::kind::gap, 3};
    bool general_punctuation = text.size() > 2 && c == 0xE2 && static_cast<unsigned char>(text[1]) <= 0x81 &&
                               static_cast<unsigned char>(text[1]) >= 0x80;
    if (general_punctuation) return {mark::kind::gap, 3};
    bool latin1_sign = text.size() > 1 && c == 0xC2; // ¡, ¿, «, », the no-break space
    return latin1_sign ? mark{mark::kind::gap, 2} : mark{mark::kind::letter, 1};
}

} // namespace

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (std::size_t i = 0; i < lower.size(); ++i)
        change_case(lower, i, ascii_lower, latin1_lower);
    return lower;
}

std::string to_upper(std::string_view text) {
    std::string upper(text);
    for (std::size_t i = 0; i < upper.size(); ++i)
        change_case(upper, i, ascii_upper, latin1_upper);
    return upper;
}

std::string capitalise(std::string_view text) {
    std::string result(text);
    if (!result.empty()) change_case(result, 0, ascii_upper, latin1_upper);
    return result;
}

std::string plain_words(std::string_view text) {
    std::string words = " ";
    for (std::size_t i = 0; i < text.size();) {
        auto found = classify(text.substr(i));
        if (found.what == mark::kind::letter) words += text.substr(i, found.bytes);
        if (found.what == mark::kind::gap && words.back() != ' ') words += ' ';
        i += found.bytes;
    }
    if (words.back() != ' ') words += ' ';
    return to_lower(words);
}

std::optional<std::string_view> behind_phrase(std::string_view text, std::string_view phrase) {
    auto lower = to_lower(text); // as long as the text, byte for byte
    auto wanted = to_lower(phrase);
    auto parts = [&](std::size_t at) {
        return at >= lower.size() || classify(std::string_view(lower).substr(at)).what != mark::kind::letter;
    };
    for (auto at = lower.find(wanted); at != std::string::npos; at = lower.find(wanted, at + 1)) {
        auto end = at + wanted.size();
        bool begins = at == 0 || parts(at - 1);
        if (begins && parts(end)) return text.substr(end);
    }
    return std::nullopt;
}

std::string_view trim(std::string_view text, std::string_view these) noexcept {
    auto begin = text.find_first_not_of(these);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(these) - begin + 1);
}

std::string_view cut(std::string_view text, std::size_t bytes) noexcept {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && is_continuation(text[bytes]))
        --bytes;
    return text.substr(0, bytes);
}

std::size_t count_characters(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

} // namespace rejoinder::statemachine
