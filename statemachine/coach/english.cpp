#include "statemachine/coach/english.hpp"

#include "persistence/case_folding.hpp"
#include "statemachine/coach/phrases.hpp"
#include "statemachine/letters.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

constexpr std::size_t longest_item = 120;

std::optional<int> number_of(std::string_view word) {
    static constexpr auto words =
        std::to_array<std::string_view>({"zero", "one", "two", "three", "four", "five", "six", "seven",
                                         "eight", "nine", "ten", "eleven", "twelve"});
    if (word == "a" || word == "an") return 1;
    auto found = std::ranges::find(words, word);
    if (found != words.end()) return static_cast<int>(found - words.begin());
    if (word.empty() || word.size() > 3) return std::nullopt;
    int number = 0;
    for (char c : word) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

std::optional<std::chrono::minutes> unit_of(std::string_view word) {
    if (word.ends_with('s')) word.remove_suffix(1);
    if (word == "minute") return std::chrono::minutes(1);
    if (word == "hour") return std::chrono::hours(1);
    if (word == "day") return std::chrono::days(1);
    if (word == "week") return std::chrono::weeks(1);
    if (word == "month") return std::chrono::days(30);
    return std::nullopt;
}

std::vector<std::string> split(std::string_view words) {
    std::vector<std::string> all;
    std::string one;
    for (char c : words) {
        if (c != ' ') {
            one += c;
        } else if (!one.empty()) {
            all.push_back(std::exchange(one, {}));
        }
    }
    return all;
}

std::optional<std::chrono::minutes> weekday_in(const std::vector<std::string>& words, utc_time now) {
    static constexpr auto names = std::to_array<std::string_view>(
        {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"});
    auto today = std::chrono::weekday(std::chrono::floor<std::chrono::days>(now)).c_encoding();
    for (const auto& word : words) {
        auto found = std::ranges::find(names, word == "weekend" ? "saturday" : std::string_view(word));
        if (found == names.end()) continue;
        auto ahead = (static_cast<unsigned>(found - names.begin()) + 7 - today) % 7;
        return std::chrono::days(ahead == 0 ? 7 : ahead);
    }
    return std::nullopt;
}

std::string thing(std::string_view text) {
    text = trimmed(text);
    auto lower = to_lower(text);
    if (auto rest = behind(text, lower, "the ")) text = *rest;
    return std::string(cut(text, longest_item));
}

/// "VERB first BETWEEN second".
std::optional<order> two_things(order::kind what, std::string_view text, std::string_view verb,
                                std::initializer_list<std::string_view> between) {
    auto lower = to_lower(text);
    auto rest = behind(text, lower, verb);
    if (!rest) return std::nullopt;
    auto lower_rest = to_lower(*rest);
    for (auto word : between) {
        auto at = lower_rest.find(word);
        if (at == std::string::npos) continue;
        order made{what, thing(rest->substr(0, at)), thing(rest->substr(at + word.size()))};
        if (!made.first.empty() && !made.second.empty()) return made;
    }
    return std::nullopt;
}

std::optional<order> one_thing(order::kind what, std::string_view text,
                               std::initializer_list<std::string_view> verbs) {
    auto lower = to_lower(text);
    for (auto verb : verbs)
        if (auto rest = behind(text, lower, verb))
            if (auto named = thing(*rest); !named.empty()) return order{what, std::move(named), {}};
    return std::nullopt;
}

std::optional<order> kept_text(std::string_view text) {
    auto lower = to_lower(text);
    for (auto verb : {"please remember that ", "remember that ", "remember: ", "make a note: ",
                      "take a note: ", "make a note that ", "note: ", "note that "})
        if (auto rest = behind(text, lower, verb))
            if (auto kept = trimmed(*rest); !kept.empty())
                return order{order::kind::remember, std::string(kept), {}};
    return std::nullopt;
}

} // namespace

std::string_view trimmed(std::string_view item) {
    return trim(item, " \t\r\n.,;:!?\"'()");
}

/// Where `text` begins with one of these words, the text behind them.
std::optional<std::string_view> behind(std::string_view text, std::string_view lower,
                                       std::string_view words) {
    if (!lower.starts_with(words)) return std::nullopt;
    return text.substr(words.size());
}

std::optional<std::string> name_in(std::string_view text) {
    static constexpr auto introductions = std::to_array<std::string_view>(
        {"my name is ", "my name's ", "you can call me ", "just call me ", "please call me ", "call me ",
         "i am called ", "i'm called ", "i am ", "i'm ", "im ", "it is ", "it's ", "this is ",
         "they call me "});
    static constexpr auto not_names = std::to_array<std::string_view>(
        {"yes",  "no",   "hello", "hi",      "what",   "why",   "who",     "ok",    "okay",
         "sure", "not",  "fine",  "ready",   "a",      "the",   "here",    "maybe", "dont",
         "skip", "pass", "none",  "nothing", "nobody", "later", "whatever"});
    constexpr std::size_t longest_name = 60;
    constexpr std::ptrdiff_t most_words = 3;
    auto rest = trimmed(text);
    auto lower = to_lower(rest);
    for (auto one : introductions) {
        auto at = lower.find(one);
        if (at == std::string::npos || (at > 0 && lower[at - 1] != ' ')) continue;
        rest = rest.substr(at + one.size());
        break;
    }
    rest = trimmed(rest.substr(0, rest.find_first_of(",.;!?\n")));
    lower = to_lower(rest);
    if (auto end = lower.find(" and "); end != std::string::npos) rest = trimmed(rest.substr(0, end));
    auto words = plain_words(rest);
    if (rest.empty() || rest.size() > longest_name || count_words(words) > most_words) return std::nullopt;
    if (std::ranges::any_of(rest, [](unsigned char c) { return std::isdigit(c) != 0; })) return std::nullopt;
    if (begins_with_phrase(words, not_names)) return std::nullopt;
    return capitalise(rest);
}

std::optional<std::chrono::minutes> time_in(std::string_view text, utc_time now) {
    constexpr std::chrono::minutes this_evening = std::chrono::hours(8);
    auto plain = plain_words(text);
    if (has_phrase(plain, std::array<std::string_view, 1>{"day after tomorrow"})) return std::chrono::days(2);
    if (has_phrase(plain, std::array<std::string_view, 1>{"tomorrow"})) return std::chrono::days(1);
    if (has_phrase(plain, std::array<std::string_view, 3>{"tonight", "today", "this evening"}))
        return this_evening;
    if (has_phrase(plain, std::array<std::string_view, 2>{"next week", "this week"}))
        return std::chrono::weeks(1);
    if (has_phrase(plain, std::array<std::string_view, 1>{"next month"})) return std::chrono::days(30);
    auto words = split(plain);
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
        if (words[i - 1] != "in" && words[i - 1] != "within") continue;
        auto number = number_of(words[i]);
        auto unit = unit_of(words[i + 1]);
        if (number && unit && *number > 0) return *number * *unit;
    }
    return weekday_in(words, now);
}

std::string i_am(std::string_view text) {
    text = trimmed(text);
    auto lower = to_lower(text);
    for (auto begin : {"i am ", "i'm ", "im ", "that i am ", "my statement is i am "})
        if (auto rest = behind(text, lower, begin)) return "I am " + std::string(trimmed(*rest)) + ".";
    if (lower.starts_with("i ")) return capitalise(text) + ".";
    return "I am " + std::string(text) + ".";
}

std::optional<order> order_in(std::string_view text) {
    using kind = order::kind;
    text = without_outer_spaces(text);
    if (auto lower = to_lower(text); lower.starts_with("please "))
        text.remove_prefix(std::string_view("please ").size());
    if (auto made = two_things(kind::change_note, text, "change note ", {" to "})) return made;
    if (auto made = one_thing(kind::delete_note, text, {"forget note ", "delete note ", "remove note "}))
        return made;
    if (auto made = two_things(kind::rename, text, "rename ", {" to ", " into ", " as "})) return made;
    for (auto verb : {"combine ", "merge ", "join "})
        if (auto made = two_things(kind::combine, text, verb, {" into ", " and ", " with "})) return made;
    for (auto verb : {"put ", "nest ", "move "})
        if (auto made = two_things(kind::nest, text, verb, {" under ", " inside ", " into "})) return made;
    for (auto verb : {"note on ", "note for ", "add a note to "})
        if (auto made = two_things(kind::note_on, text, verb, {": "})) return made;
    if (auto made = kept_text(text)) return made;
    if (auto made = one_thing(kind::drop, text, {"drop ", "remove ", "delete ", "archive ", "let go of "}))
        return made;
    return one_thing(kind::add, text, {"add "});
}

} // namespace rejoinder::statemachine::coach
