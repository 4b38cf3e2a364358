// What a user may wish at any time.

#include "statemachine/coach/english.hpp"
#include "statemachine/coach/phrases.hpp"
#include "statemachine/letters.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::statemachine::coach {
namespace {

struct known_wish {
    std::string_view words;
    wish what;
};
constexpr auto wishes = std::to_array<known_wish>({
    {"help", wish::help},
    {"help me", wish::help},
    {"what do you mean", wish::help},
    {"i dont understand", wish::help},
    {"i do not understand", wish::help},
    {"why do you ask", wish::help},
    {"why", wish::help},
    {"explain", wish::help},
    {"explain that", wish::help},
    {"what can i say", wish::help},
    {"give me an example", wish::help},
    {"for example", wish::help},
    {"like what", wish::help},
    {"skip", wish::skip},
    {"skip it", wish::skip},
    {"skip this", wish::skip},
    {"skip that", wish::skip},
    {"skip this one", wish::skip},
    {"skip that one", wish::skip},
    {"pass", wish::skip},
    {"next question", wish::skip},
    {"rather not", wish::skip},
    {"id rather not", wish::skip},
    {"rather not say", wish::skip},
    {"id rather not say", wish::skip},
    {"i prefer not to say", wish::skip},
    {"prefer not to say", wish::skip},
    {"i dont want to answer", wish::skip},
    {"i dont want to say", wish::skip},
    {"no comment", wish::skip},
    {"i dont know", wish::skip},
    {"no idea", wish::skip},
    {"decline", wish::decline_all},
    {"i decline", wish::decline_all},
    {"no more questions", wish::decline_all},
    {"no questions", wish::decline_all},
    {"skip all", wish::decline_all},
    {"skip them all", wish::decline_all},
    {"skip the questions", wish::decline_all},
    {"skip all questions", wish::decline_all},
    {"stop asking", wish::decline_all},
    {"i dont want to answer any", wish::decline_all},
    {"id rather not answer any", wish::decline_all},
    {"back", wish::back},
    {"go back", wish::back},
    {"step back", wish::back},
    {"one step back", wish::back},
    {"go one step back", wish::back},
    {"previous", wish::back},
    {"next", wish::next},
    {"continue", wish::next},
    {"go on", wish::next},
    {"move on", wish::next},
    {"go ahead", wish::next},
    {"keep going", wish::next},
    {"carry on", wish::next},
    {"break", wish::rest},
    {"a break", wish::rest},
    {"take a break", wish::rest},
    {"have a break", wish::rest},
    {"take a rest", wish::rest},
    {"take a pause", wish::rest},
    {"pause", wish::rest},
    {"rest", wish::rest},
    {"stop", wish::stop},
    {"stop here", wish::stop},
    {"quit", wish::stop},
    {"enough", wish::enough},
    {"enough for today", wish::stop},
    {"thats enough", wish::enough},
    {"that is enough", wish::enough},
    {"thats enough for today", wish::stop},
    {"bye", wish::stop},
    {"bye bye", wish::stop},
    {"goodbye", wish::stop},
    {"good bye", wish::stop},
    {"good night", wish::stop},
    {"see you", wish::stop},
    {"see you later", wish::stop},
    {"see you tomorrow", wish::stop},
    {"hello", wish::greeting},
    {"hello again", wish::greeting},
    {"hi", wish::greeting},
    {"hi again", wish::greeting},
    {"hey", wish::greeting},
    {"good morning", wish::greeting},
    {"good afternoon", wish::greeting},
    {"good evening", wish::greeting},
    {"im back", wish::greeting},
    {"i am back", wish::greeting},
    {"hello im back", wish::greeting},
    {"hi im back", wish::greeting},
    {"here i am", wish::greeting},
    {"repeat", wish::repeat},
    {"repeat that", wish::repeat},
    {"say that again", wish::repeat},
    {"again", wish::repeat},
    {"pardon", wish::repeat},
    {"what did you say", wish::repeat},
    {"what was the question", wish::repeat},
    {"where were we", wish::repeat},
    {"progress", wish::progress},
    {"my progress", wish::progress},
    {"where are we", wish::progress},
    {"how far are we", wish::progress},
    {"how much is left", wish::progress},
    {"summary", wish::summary},
    {"a summary", wish::summary},
    {"what did i tell you", wish::summary},
    {"what did i say", wish::summary},
    {"what do you know about me", wish::summary},
    {"my answers", wish::summary},
    {"my identities", wish::identities},
    {"identities", wish::identities},
    {"what are my identities", wish::identities},
    {"list my identities", wish::identities},
    {"my plan", wish::plan},
    {"whats my plan", wish::plan},
    {"what is my plan", wish::plan},
    {"my action items", wish::plan},
    {"my actions", wish::plan},
    {"my notes", wish::notes},
    {"notes", wish::notes},
    {"what are my notes", wish::notes},
    {"drop it", wish::drop},
    {"drop this", wish::drop},
    {"drop this one", wish::drop},
    {"remove it", wish::drop},
    {"delete it", wish::drop},
    {"archive it", wish::drop},
    {"let it go", wish::drop},
    {"let go", wish::drop},
    {"let that go", wish::drop},
    {"forget it", wish::drop},
});

} // namespace

std::string cut_around(std::string words, phrases before, phrases behind) {
    auto cut_one = [&] {
        for (auto one : before) {
            auto phrase = ' ' + std::string(one) + ' ';
            if (words.size() > phrase.size() && words.starts_with(phrase)) {
                words.erase(0, phrase.size() - 1);
                return true;
            }
        }
        for (auto one : behind) {
            auto phrase = ' ' + std::string(one) + ' ';
            if (words.size() > phrase.size() && words.ends_with(phrase)) {
                words.erase(words.size() - phrase.size() + 1);
                return true;
            }
        }
        return false;
    };
    while (cut_one()) {
    }
    return words;
}

std::string bare(std::string_view text) {
    static constexpr auto before =
        std::to_array<std::string_view>({"please",     "can we",    "could we",  "may we",
                                         "can you",    "could you", "would you", "i would like to",
                                         "id like to", "i want to", "i need to", "lets",
                                         "let us",     "well",      "coach",     "oh",
                                         "um",         "so",        "ok",        "okay",
                                         "just",       "and",       "show me",   "tell me",
                                         "i need",     "i think",   "i guess",   "i believe",
                                         "i suppose",  "then"});
    static constexpr auto behind = std::to_array<std::string_view>(
        {"please", "now", "coach", "then", "again please", "for me", "for now", "thanks"});
    return cut_around(plain_words(text), before, behind);
}

wish wish_of(std::string_view text) {
    constexpr std::size_t longest = 80;
    if (text.size() > longest) return wish::none;
    auto words = bare(text);
    auto whole = std::string_view(words).substr(1, words.size() < 2 ? 0 : words.size() - 2);
    const auto* found = std::ranges::find(wishes, whole, &known_wish::words);
    return found == wishes.end() ? wish::none : found->what;
}

} // namespace rejoinder::statemachine::coach
