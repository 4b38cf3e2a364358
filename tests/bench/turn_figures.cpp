#include "tests/bench/turn_figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace rejoinder::bench {
namespace {

/// How many times ours is better; nothing where that has no meaning.
std::string ratio(const figure& line, double ours, double theirs) {
    if (line.better == better::neither || ours <= 0 || theirs <= 0) return "";
    auto times = line.better == better::more ? ours / theirs : theirs / ours;
    return " (" + grouped_digits(times, times < 1 ? 2 : times < 10 ? 1 : 0) + "x)";
}

} // namespace

void turn_figures::add(const std::string& competitor, const figure& what, double value) {
    if (std::ranges::find(lines_, what.key, &figure::key) == lines_.end()) lines_.push_back(what);
    rounds_[competitor][what.key].push_back(value);
}

std::optional<double> turn_figures::median(const std::string& competitor, const std::string& key) const {
    auto of_it = rounds_.find(competitor);
    if (of_it == rounds_.end()) return std::nullopt;
    auto found = of_it->second.find(key);
    if (found == of_it->second.end()) return std::nullopt;
    auto values = found->second;
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::string turn_figures::table(std::vector<std::pair<std::string, std::string>> competitors) const {
    std::erase_if(competitors, [this](const auto& one) { return !rounds_.contains(one.first); });
    if (competitors.empty()) return "";
    std::string head = "| |";
    std::string rule = "|---|";
    for (const auto& [name, title] : competitors) {
        head += ' ' + title + " |";
        rule += "---|";
    }
    auto text = head + '\n' + rule + '\n';
    const auto& first = competitors.front().first;
    for (const auto& line : lines_) {
        auto ours = median(first, line.key);
        text += "| " + line.title + " |";
        for (const auto& [name, title] : competitors) {
            auto value = median(name, line.key);
            text += ' ' + (value ? grouped_digits(*value, line.decimals) : std::string("-"));
            if (value && ours && name != first) text += ratio(line, *ours, *value);
            text += " |";
        }
        text += '\n';
    }
    return text;
}

json turn_figures::to_json() const {
    auto all = json::object();
    for (const auto& [competitor, figures] : rounds_)
        for (const auto& [key, values] : figures)
            all[competitor][key] = *median(competitor, key);
    return all;
}

std::string grouped_digits(double value, int decimals) {
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.*f", decimals, value);
    std::string text = digits;
    auto end = std::min(text.find('.'), text.size());
    auto begin = text.find_first_of("0123456789");
    for (auto at = end; at > begin + 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

} // namespace rejoinder::bench
