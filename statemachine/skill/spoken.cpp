#include "statemachine/skill/spoken.hpp"

#include "statemachine/letters.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
namespace {

constexpr std::string_view between = ",;";
constexpr std::string_view last_word = " and ";
constexpr std::string_view around = " \t\r\n.!?";

void add_trimmed(std::string_view part, std::vector<std::string>& to) {
    if (part.starts_with("and ")) part.remove_prefix(4);
    auto first = part.find_first_not_of(around);
    if (first != std::string_view::npos)
        to.emplace_back(part.substr(first, part.find_last_not_of(around) - first + 1));
}

} // namespace

bool same_words(std::string_view a, std::string_view b) {
    return plain_words(a) == plain_words(b);
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
