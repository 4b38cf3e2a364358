#include "persistence/stores/reflection_store.hpp"

#include "persistence/case_folding.hpp"
#include "persistence/stores/bounds.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace rejoinder::persistence {
namespace {

constexpr std::size_t most_tags = 50;
constexpr std::size_t most_recommendations = 50;
constexpr std::size_t longest_summary = 160;
constexpr std::size_t longest_spoken = 60; ///< words
constexpr int for_answering = 30;
constexpr int for_taking_up = 40;
constexpr int for_brevity = 20;
constexpr int for_one_question = 10;

bool is_letter(char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The words of a text, folded.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    for (char c : fold_case(text)) {
        if (is_letter(c)) word += c;
        if (!is_letter(c) && !word.empty()) words.push_back(std::exchange(word, {}));
    }
    if (!word.empty()) words.push_back(std::move(word));
    return words;
}

bool carries_meaning(const std::string& word) {
    return std::ranges::count_if(word, [](char c) { return !is_continuation(c); }) >= 4;
}

/// Of `most` points, the share of the input's words that the output has.
int points_for_taking_up(std::string_view input, const std::vector<std::string>& output, int most) {
    std::set<std::string> wanted;
    for (auto& word : words_of(input))
        if (carries_meaning(word)) wanted.insert(std::move(word));
    if (wanted.empty()) return most;
    auto had = std::ranges::count_if(
        wanted, [&](const auto& word) { return std::ranges::find(output, word) != output.end(); });
    return static_cast<int>(had * most / static_cast<std::ptrdiff_t>(wanted.size()));
}

std::string first_sentence(std::string_view text) {
    auto trimmed = without_outer_spaces(text);
    auto end = trimmed.find_first_of(".!?\n");
    if (end != trimmed.npos) trimmed = trimmed.substr(0, trimmed[end] == '\n' ? end : end + 1);
    if (trimmed.size() > longest_summary) {
        auto cut = longest_summary;
        while (cut > 0 && is_continuation(trimmed[cut]))
            --cut;
        trimmed = trimmed.substr(0, cut);
    }
    return std::string(without_outer_spaces(trimmed));
}

} // namespace

void describe(record_walk& walk, reflection& value) {
    walk.text("input", value.input, bounds::long_text);
    walk.text("output", value.output, bounds::long_text);
    walk.texts("tags", value.tags, most_tags, bounds::name);
    walk.text("notes", value.notes, bounds::text);
    walk.number("score", value.score, 0, 100);
    walk.text("summary", value.summary, bounds::text);
    walk.texts("recommendations", value.recommendations, most_recommendations, bounds::needed_text);
}

reflection scored(reflection about) {
    about.recommendations.clear();
    about.summary = first_sentence(about.output);
    auto answer = words_of(about.output);
    if (answer.empty()) {
        about.score = 0;
        about.recommendations.emplace_back("Answer what was said.");
        return about;
    }
    int points = for_answering;
    auto taken_up = points_for_taking_up(about.input, answer, for_taking_up);
    points += taken_up;
    if (taken_up < for_taking_up / 2) about.recommendations.emplace_back("Take up the words that were said.");
    if (answer.size() <= longest_spoken)
        points += for_brevity;
    else
        about.recommendations.emplace_back("Say it in at most 60 words.");
    if (std::ranges::count(about.output, '?') <= 1)
        points += for_one_question;
    else
        about.recommendations.emplace_back("Ask one question at a time.");
    about.score = points;
    return about;
}

reflection_store::reflection_store(database& db, const user_ref& user) : reflections_(db, user.to_scope()) {}

checked<record_write> reflection_store::add(const std::string& session, const std::string& id,
                                            reflection about) const {
    return reflections_.write(in_session(session, id), scored(std::move(about)), revision{});
}

task<result<stored<reflection>>> reflection_store::load(const std::string& session,
                                                        const std::string& id) const {
    return reflections_.load(in_session(session, id));
}

task<result<page<reflection>>> reflection_store::list(const std::string& session, std::string after,
                                                      std::size_t limit) const {
    return reflections_.list(in_session(session, ""), std::move(after), limit);
}

record_write reflection_store::erase(const stored<reflection>& before) const {
    return reflections_.erase(before.key, before.revision);
}

} // namespace rejoinder::persistence
