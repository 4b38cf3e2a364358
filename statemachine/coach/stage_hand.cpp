#include "statemachine/coach/stage_hand.hpp"

#include "statemachine/coach/script_lines.hpp"

#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

std::string filled(std::string text, std::string_view name, const std::string& value) {
    auto place = '{' + std::string(name) + '}';
    for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at + value.size()))
        text.replace(at, place.size(), value);
    return text;
}

} // namespace

stage_hand::stage_hand(model& model_of, circumstances& in, std::function<std::size_t(std::size_t)> draw,
                       std::string_view text)
    : of(model_of), heard(text), in_(in), draw_(std::move(draw)) {}

std::string_view stage_hand::asked() const {
    const auto* topic = find_pointer(of.script, "/asked");
    return topic && topic->is_string() ? std::string_view(topic->get_ref<const std::string&>()) : "";
}

std::string stage_hand::about() const {
    return note("about");
}

std::string stage_hand::note(std::string_view name) const {
    auto found = of.script.find(name);
    return found != of.script.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void stage_hand::note(std::string_view name, std::string value) {
    if (value.empty())
        of.script.erase(std::string(name));
    else
        of.script[std::string(name)] = std::move(value);
}

action_result stage_hand::act(std::string_view action, json parameters) {
    json asked_for = {{"action", action}, {"parameters", std::move(parameters)}};
    results_.push_back(apply(of, asked_for, in_));
    return results_.back();
}

/// Lines that have variants are drawn, but none twice in a row.
std::string stage_hand::line(std::string_view key, filling with) {
    auto variants = lines_of(key);
    std::size_t chosen = 0;
    if (variants.size() > 1) {
        auto& last = of.script["last"][std::string(key)];
        auto before = last.is_number_unsigned() ? last.get<std::size_t>() : variants.size();
        chosen = before < variants.size() ? (before + 1 + draw_(variants.size() - 1)) % variants.size()
                                          : draw_(variants.size());
        last = chosen;
    }
    std::string text(variants.empty() ? key : variants[chosen]);
    auto name = of.facts.find("name");
    text = filled(std::move(text), "friend", name == of.facts.end() ? "" : ", " + name->second);
    for (const auto& [place, value] : with)
        text = filled(std::move(text), place, value);
    return text;
}

void stage_hand::say(std::string_view key, filling with) {
    say_text(line(key, with));
}

void stage_hand::say_text(std::string_view text) {
    if (!said_.empty()) said_ += ' ';
    said_ += text;
}

void stage_hand::ask(std::string_view key, filling with, std::string about) {
    ask_about(key, key, with, std::move(about));
}

void stage_hand::ask_about(std::string_view topic, std::string_view key, filling with, std::string about) {
    question_ = line(key, with);
    note("asked", std::string(topic));
    note("about", std::move(about));
    note("question", question_);
}

void stage_hand::ask_again() {
    question_ = note("question");
}

} // namespace rejoinder::statemachine::coach
