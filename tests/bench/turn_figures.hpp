#pragma once

#include "persistence/json.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::bench {

enum class better { more, less, neither };

/// A line of the table.
struct figure {
    std::string key;   ///< in JSON
    std::string title; ///< in the table
    int decimals = 0;
    bench::better better = bench::better::neither;
};

/// What several rounds have measured, of each competitor.
class turn_figures {
public:
    /// Lines come in the order in which they are first named.
    void add(const std::string& competitor, const figure& what, double value);

    /// The median of the rounds; nothing when none has it.
    std::optional<double> median(const std::string& competitor, const std::string& key) const;

    /// Markdown: a line a figure and a column for each of the competitors (name and title), the first of
    /// which is the one that the others are compared with: `2.5x` is how many times it is better. A
    /// competitor of which nothing is known has no column.
    std::string table(std::vector<std::pair<std::string, std::string>> competitors) const;

    /// {COMPETITOR: {KEY: MEDIAN}}
    json to_json() const;

private:
    std::vector<figure> lines_;
    std::map<std::string, std::map<std::string, std::vector<double>>> rounds_;
};

/// The value with so many decimals, and with commas between thousands.
std::string grouped_digits(double value, int decimals);

} // namespace rejoinder::bench
