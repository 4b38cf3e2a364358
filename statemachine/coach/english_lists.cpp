// Lists that people say: what is on them, and where they end.

#include "statemachine/coach/english.hpp"

#include "persistence/case_folding.hpp"
#include "statemachine/coach/phrases.hpp"
#include "statemachine/letters.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::statemachine::coach {
namespace {

constexpr std::size_t longest_item = 120;
constexpr std::size_t most_items = 20;

/// Words that stand before a thing and are no part of it; longer ones first.
constexpr auto fillers = std::to_array<std::string_view>({"yes ",
                                                          "there is ",
                                                          "there are ",
                                                          "just ",
                                                          "i would like to be ",
                                                          "i'd like to be ",
                                                          "i want to become ",
                                                          "i want to be ",
                                                          "i would say ",
                                                          "i'd say ",
                                                          "i am good at ",
                                                          "i'm good at ",
                                                          "i am also ",
                                                          "i'm also ",
                                                          "i am ",
                                                          "i'm ",
                                                          "im ",
                                                          "i love ",
                                                          "i like ",
                                                          "i enjoy ",
                                                          "and i ",
                                                          "someone who ",
                                                          "somebody who ",
                                                          "being ",
                                                          "becoming ",
                                                          "to be ",
                                                          "maybe ",
                                                          "perhaps ",
                                                          "also ",
                                                          "well, ",
                                                          "well ",
                                                          "as ",
                                                          "and ",
                                                          "or ",
                                                          "a ",
                                                          "an ",
                                                          "my ",
                                                          "i "});

std::string_view without_fillers(std::string_view item) {
    for (bool found = true; found;) {
        found = false;
        item = without_outer_spaces(item);
        auto lower = to_lower(item);
        for (auto filler : fillers)
            if (auto rest = behind(item, lower, filler)) {
                item = *rest;
                found = true;
                break;
            }
    }
    return item;
}

/// Cuts the text where a list's items part.
std::vector<std::string_view> parts_of(std::string_view text) {
    static constexpr auto words = std::to_array<std::string_view>({" and ", " & ", " as well as ", " plus "});
    auto lower = to_lower(text);
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t width = std::string_view(",;\n").find(text[i]) != std::string_view::npos ? 1 : 0;
        if (text[i] == '.' && i + 1 < text.size() && text[i + 1] == ' ') width = 2;
        for (auto word : words)
            if (width == 0 && std::string_view(lower).substr(i).starts_with(word)) width = word.size();
        if (width == 0) {
            ++i;
            continue;
        }
        parts.push_back(text.substr(begin, i - begin));
        // The space behind a word may begin the next one: "a and and b".
        i += width;
        begin = i;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

constexpr auto closing = std::to_array<std::string_view>(
    {"thats all", "that is all", "thats it", "that is it", "thats everything", "that is everything",
     "thats everybody", "thats everyone", "that is everybody", "that is everyone", "thats them"});

/// A part of a text that says nothing but that nothing more comes. Single words are the end only alone:
/// somebody may get things done.
bool is_end(std::string_view part) {
    static constexpr auto beginnings = std::to_array<std::string_view>(
        {"i dont think",       "i dont have",       "i do not think", "i do not have", "i cant think",
         "i have no",          "i have none",       "i have nothing", "nothing comes", "nothing for",
         "nothing here",       "nothing new",       "nobody for",     "nobody here",   "nobody comes",
         "nothing is missing", "nobody is missing", "nothing else",   "nothing more",  "nobody else",
         "no one else",        "not that i"});
    static constexpr auto pausing =
        std::to_array<std::string_view>({"not right now", "not now", "not at the moment"});
    static constexpr auto within = std::to_array<std::string_view>(
        {"nothing else", "nothing more", "nobody else", "no one else", "comes to mind"});
    static constexpr auto whole = std::to_array<std::string_view>({"no more",
                                                                   "no more ideas",
                                                                   "im done",
                                                                   "i am done",
                                                                   "all done",
                                                                   "done",
                                                                   "im finished",
                                                                   "i am finished",
                                                                   "finished",
                                                                   "enough",
                                                                   "thats enough",
                                                                   "that is enough",
                                                                   "all of them",
                                                                   "all",
                                                                   "complete",
                                                                   "its complete",
                                                                   "it is complete",
                                                                   "theyre complete",
                                                                   "the company is complete",
                                                                   "the list is complete",
                                                                   "were complete",
                                                                   "we are complete",
                                                                   "everybody is there",
                                                                   "we have everybody",
                                                                   "we have everyone",
                                                                   "later",
                                                                   "maybe later",
                                                                   "another time",
                                                                   "everything",
                                                                   "thank you"});
    static constexpr auto refusing = std::to_array<std::string_view>({"no", "nope", "nah"});
    constexpr std::ptrdiff_t short_answer = 8;
    auto words = bare(part);
    if (begins_with_phrase(plain_words(part), pausing)) return true;
    if (count_words(words) > short_answer) return false;
    if (is_plain_no(part) || begins_with_phrase(cut_around(words, refusing, {}), closing) ||
        begins_with_phrase(words, beginnings) || has_phrase(words, within))
        return true;
    if (std::ranges::find(
            whole, std::string_view(words).substr(1, words.size() < 2 ? 0 : words.size() - 2)) != whole.end())
        return true;
    auto asked = wish_of(part);
    return asked == wish::next || asked == wish::skip;
}

bool is_yes_alone(std::string_view part) {
    static constexpr auto yes = std::to_array<std::string_view>(
        {" yes ", " yeah ", " yep ", " sure ", " ok ", " okay ", " of course ", " certainly ", " there is "});
    return std::ranges::find(yes, std::string_view(bare(part))) != yes.end();
}

/// "painter that's all" without what ends it.
std::string_view without_closing(std::string_view item) {
    for (auto one : {" that's all", " that is all", " that's it", " that is it", " that's everything"})
        if (to_lower(item).ends_with(one)) return item.substr(0, item.size() - std::string_view(one).size());
    return item;
}

} // namespace

std::vector<std::string> list_in(std::string_view text) {
    std::vector<std::string> items;
    std::vector<std::string> folded;
    for (auto part : parts_of(text)) {
        if (is_end(trimmed(part)) || is_yes_alone(part)) continue;
        auto item = trimmed(without_fillers(trimmed(without_closing(trimmed(part)))));
        if (item.empty() || items.size() == most_items || is_end(item) || is_yes_alone(item)) continue;
        auto made = std::string(trimmed(cut(item, longest_item)));
        auto key = fold_name(made);
        if (std::ranges::find(folded, key) != folded.end()) continue;
        folded.push_back(std::move(key));
        items.push_back(std::move(made));
    }
    return items;
}

bool is_end_of_list(std::string_view text) {
    bool ends = false;
    for (auto part : parts_of(text)) {
        part = trimmed(part);
        bool end = is_end(part);
        if (!end && !part.empty() && !is_yes_alone(part)) return false;
        ends = ends || end;
    }
    return ends;
}

} // namespace rejoinder::statemachine::coach
