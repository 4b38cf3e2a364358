#include "statemachine/utterance.hpp"

#include "statemachine/compilation.hpp"
#include "statemachine/letters.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
namespace {

constexpr auto expression_flags =
    std::regex::ECMAScript | std::regex::icase |
    std::regex::optimize
#ifdef __GLIBCXX__
    // The default matcher of libstdc++ recurses for every character and takes exponential time for
    // expressions like (a+)+b; this one does neither. It refuses back references.
    | std::regex_constants::__polynomial
#endif
    ;

std::optional<std::regex> compile_expression(const place& at, compilation& into) {
    if (!at->is_string()) {
        into.error(at, "a regular expression is a text");
        return std::nullopt;
    }
    const auto& text = at->get_ref<const std::string&>();
    if (text.empty() || text.size() > utterance_pattern::max_expression) {
        into.error(at, "a regular expression has 1 to 256 bytes");
        return std::nullopt;
    }
    try {
        return std::regex(text, expression_flags);
    } catch (const std::regex_error&) {
        into.error(at, "this is no regular expression of ECMAScript without back references");
        return std::nullopt;
    }
}

std::vector<std::string> compile_phrases(const place& at, compilation& into) {
    if (!at->is_array() || at->empty()) {
        into.error(at, "phrases are an array of texts");
        return {};
    }
    std::vector<std::string> phrases;
    for (std::size_t i = 0; i < at->size(); ++i) {
        auto phrase = at.element(i);
        auto words = phrase->is_string() ? plain_words(phrase->get_ref<const std::string&>()) : " ";
        if (words == " ") into.error(phrase, "a phrase is a text with at least one word");
        phrases.push_back(std::move(words));
    }
    return phrases;
}

} // namespace

utterance::utterance(std::string_view said) : text(said), words(plain_words(said)) {}

utterance_pattern utterance_pattern::compile(const place& object, compilation& into) {
    utterance_pattern pattern;
    if (object.has("any")) pattern.phrases_ = compile_phrases(object.member("any"), into);
    if (object.has("regex")) pattern.expression_ = compile_expression(object.member("regex"), into);
    if (!object.has("any") && !object.has("regex"))
        into.error(object, "there is nothing to match: 'any' (phrases) or 'regex' is missing");
    return pattern;
}

bool utterance_pattern::matches(const utterance& heard) const {
    auto said = [&](const std::string& phrase) { return heard.words.find(phrase) != std::string::npos; };
    if (std::ranges::any_of(phrases_, said)) return true;
    if (!expression_) return false;
    auto start = cut(heard.text, max_text);
    return std::regex_search(start.begin(), start.end(), *expression_);
}

} // namespace rejoinder::statemachine
