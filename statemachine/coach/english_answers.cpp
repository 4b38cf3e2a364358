// Yes and no, and what is neither.

#include "persistence/case_folding.hpp"
#include "statemachine/coach/english.hpp"
#include "statemachine/coach/phrases.hpp"
#include "statemachine/letters.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::statemachine::coach {
namespace {

constexpr std::ptrdiff_t short_answer = 6; // words

/// What says yes however it goes on.
constexpr auto clear_yes = std::to_array<std::string_view>(
    {"yes",         "yeah",      "yep",        "yup",          "sure",          "ok",         "okay",
     "of course",   "certainly", "absolutely", "i agree",      "agreed",        "definitely", "alright",
     "all right",   "please do", "go ahead",   "lets go",      "lets do it",    "lets start", "lets begin",
     "sounds good", "gladly",    "for sure",   "by all means", "with pleasure", "id love to"});

/// What says yes only when nothing follows: "I am" does, "I am worried" does not.
constexpr auto verb_yes = std::to_array<std::string_view>(
    {"i am", "im", "i do", "i will", "ill", "i have", "i did", "it does", "they do", "it is", "they are"});
constexpr auto word_yes = std::to_array<std::string_view>(
    {"ready",       "im ready",       "i am ready",     "im happy to",  "i am happy to",  "im in",
     "i commit",    "i commit to it", "that works",     "im committed", "i am committed", "im sure",
     "i am sure",   "right",          "good",           "great",        "fine",           "im fine",
     "perfect",     "done",           "i did it",       "i did that",   "i have done it", "i have done that",
     "ive done it", "i will do it",   "i will do that", "ill do it",    "that is me",     "thats me",
     "its me",      "it went well",   "it worked"});

/// The text without what makes a yes only warmer: "that is", "really", "with all my heart".
std::string core_of(std::string_view text) {
    static constexpr auto before =
        std::to_array<std::string_view>({"that is", "thats", "it is", "its", "that would be", "that sounds",
                                         "sounds", "it was", "it went", "all", "very"});
    static constexpr auto behind = std::to_array<std::string_view>(
        {"with me",      "by me",     "to me",    "with that", "to that",           "to it",
         "to this",      "of course", "indeed",   "too",       "with all my heart", "with my whole heart",
         "when you are", "to begin",  "to start", "to go",     "to go on",          "to continue",
         "thank you",    "very much", "so much",  "sure"});
    static constexpr auto warmth = std::to_array<std::string_view>(
        {" absolutely ", " certainly ", " definitely ", " completely ", " fully ", " wholly ", " totally ",
         " really ", " truly ", " gladly "});
    auto words = bare(text);
    for (auto one : warmth)
        if (auto at = words.find(one); at != words.npos && words.size() > one.size())
            words.erase(at, one.size() - 1);
    return cut_around(std::move(words), before, behind);
}

bool is_whole(std::string_view words, phrases any) {
    return words.size() > 2 && std::ranges::find(any, words.substr(1, words.size() - 2)) != any.end();
}

bool is_yes(std::string_view text);

/// "I will, even when it is hard", "great, let's go": a yes that a comma parts from what follows.
bool is_yes_before_comma(std::string_view text) {
    static constexpr auto doubts =
        std::to_array<std::string_view>({"but", "though", "however", "only", "unless", "afraid", "question"});
    constexpr std::size_t longest_rest = 80;
    auto end = text.find_first_of(",;.!:");
    if (end == text.npos) return false;
    auto rest = text.substr(end + 1);
    if (has_phrase(plain_words(rest), doubts) || rest.find('?') != rest.npos) return false;
    auto begin = core_of(text.substr(0, end));
    if (is_whole(begin, verb_yes)) return true;
    if (!is_whole(begin, word_yes) || rest.size() > longest_rest) return false;
    return is_yes(rest) || wish_of(rest) == wish::next;
}

bool is_yes(std::string_view text) {
    auto words = plain_words(text);
    auto core = core_of(text);
    if (begins_with_phrase(words, clear_yes) || begins_with_phrase(core, clear_yes)) return true;
    if (count_words(words) <= short_answer && (words.ends_with(" yes ") || words.ends_with(" yeah ")))
        return true;
    if (is_whole(core, verb_yes) || is_whole(core, word_yes) || is_whole(bare(text), verb_yes)) return true;
    return is_yes_before_comma(text);
}

} // namespace

answer yes_or_no(std::string_view text) {
    static constexpr auto agreeing = std::to_array<std::string_view>(
        {"no problem", "why not", "no doubt", "no objection", "no worries", "cant wait", "dont see why not"});
    static constexpr auto no = std::to_array<std::string_view>(
        {"no", "nope", "nah", "not", "dont", "none", "nothing", "never", "rather not", "i disagree", "cant",
         "havent", "didnt", "isnt", "later", "wont"});
    auto words = plain_words(text);
    bool is_short = count_words(words) <= short_answer;
    auto says = [&](phrases any) {
        return is_short ? has_phrase(words, any) : begins_with_phrase(words, any);
    };
    if (says(agreeing)) return answer::yes;
    if (says(no)) return answer::no;
    return is_yes(text) ? answer::yes : answer::unclear;
}

bool is_plain_no(std::string_view text) {
    static constexpr auto noes = std::to_array<std::string_view>(
        {" no ", " nope ", " nah ", " no thanks ", " no thank you ", " not really ", " none ", " nothing ",
         " nobody ", " not today ", " not yet ", " never ", " i dont "});
    return std::ranges::find(noes, std::string_view(bare(text))) != noes.end();
}

bool asks_back(std::string_view text) {
    static constexpr auto asking = std::to_array<std::string_view>(
        {"what", "whats", "how", "why", "who",  "when",  "where",  "which", "can",  "could", "do",
         "does", "did",   "is",  "are", "will", "would", "should", "may",   "must", "have"});
    constexpr std::ptrdiff_t more_than_a_name = 3; // "seeker?" is an answer that is not sure of itself
    static constexpr auto unsure =
        std::to_array<std::string_view>({"im not sure", "i am not sure", "not sure"});
    text = without_outer_spaces(text);
    if (begins_with_phrase(plain_words(text), unsure)) return true;
    if (!text.ends_with('?')) return false;
    auto words = plain_words(text);
    return begins_with_phrase(words, asking) || count_words(words) > more_than_a_name;
}

} // namespace rejoinder::statemachine::coach
