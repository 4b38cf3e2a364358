#include "statemachine/utterance.hpp"

#include "statemachine/compilation.hpp"
#include "statemachine/letters.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>

namespace rejoinder::statemachine {
namespace {

/// Of one expression, compiled and with the states that matching it caches: 1 MiB. An expression that needs
/// more, as repetitions of repetitions do, is refused.
constexpr std::int64_t max_memory = 1 << 20;

std::shared_ptr<const re2::RE2> compile_expression(const place& at, compilation& into) {
    if (!at->is_string()) {
        into.error(at, "a regular expression is a text");
        return nullptr;
    }
    const auto& text = at->get_ref<const std::string&>();
    if (text.empty() || text.size() > utterance_pattern::max_expression) {
        into.error(at, "a regular expression has 1 to 256 bytes");
        return nullptr;
    }
    re2::RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_max_mem(max_memory);
    auto expression = std::make_shared<const re2::RE2>(text, options);
    if (expression->ok()) return expression;
    into.error(at, "this is no regular expression of RE2 (" + expression->error() + ")");
    return nullptr;
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
    return expression_ && re2::RE2::PartialMatch(cut(heard.text, max_text), *expression_);
}

} // namespace rejoinder::statemachine
