#include "statemachine/spoken.hpp"

#include "statemachine/letters.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
namespace {

constexpr std::string_view between = ",;";
constexpr std::string_view last_word = " and ";
constexpr std::string_view around = " \t\r\n.!?";

void add_trimmed(std::string_view part, std::vector<std::string>& to) {
    if (part.starts_with("and ")) part.remove_prefix(4);
    if (part = trim(part, around); !part.empty()) to.emplace_back(part);
}

} // namespace

bool same_words(std::string_view a, std::string_view b) {
    return plain_words(a) == plain_words(b);
}

bool says_any_of(std::string_view text, std::span<const std::string> phrases) {
    auto words = plain_words(text);
    return std::ranges::any_of(
        phrases, [&](const std::string& one) { return words.find(plain_words(one)) != std::string::npos; });
}

std::vector<std::string> parts_of(std::string_view enumeration) {
    std::vector<std::string> parts;
    while (!enumeration.empty()) {
        auto comma = enumeration.find_first_of(between);
        auto word = enumeration.find(last_word);
        auto end = std::min({comma, word, enumeration.size()});
        add_trimmed(enumeration.substr(0, end), parts);
        auto width = end == word ? last_word.size() : 1;
        enumeration.remove_prefix(std::min(end + width, enumeration.size()));
        if (auto next = enumeration.find_first_not_of(' '); next != std::string_view::npos)
            enumeration.remove_prefix(next);
    }
    return parts;
}

std::string enumerate(const std::vector<std::string>& items, std::string_view nothing) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += i + 1 == items.size() ? last_word : std::string_view(", ");
        text += items[i];
    }
    return text.empty() ? std::string(nothing) : text;
}

} // namespace rejoinder::statemachine
