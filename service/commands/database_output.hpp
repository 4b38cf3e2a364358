#pragma once

#include "persistence/json.hpp"
#include "persistence/lifecycle/check.hpp"
#include "persistence/lifecycle/compact.hpp"
#include "persistence/lifecycle/copy.hpp"
#include "persistence/lifecycle/import.hpp"
#include "persistence/lifecycle/statistics.hpp"

#include <string>
#include <vector>

/// How the database commands say what they have found out: as JSON for programs, as lines for people.
namespace rejoinder::service::commands {

json to_json(const persistence::lifecycle::finding_list& list);
json to_json(const persistence::lifecycle::item_counts& counts);
json to_json(const persistence::lifecycle::store_digest& digest);
json to_json(const persistence::lifecycle::store_statistics& found);
json to_json(const persistence::lifecycle::copy_report& report);
json to_json(const persistence::lifecycle::import_report& report);
json to_json(const persistence::lifecycle::compact_report& report);

/// A table, with its last line's end.
std::string to_table(const persistence::lifecycle::store_statistics& found);

/// A line for each finding that is listed, and one that says how many more there are.
std::string to_lines(const persistence::lifecycle::finding_list& list);
std::string to_lines(const persistence::lifecycle::import_report& report);

/// `3 records, 1 session with 12 log entries`.
std::string to_words(const persistence::lifecycle::item_counts& counts);

/// `12.3 MiB`.
std::string to_size(std::uint64_t bytes);

/// `1 record`, `2 records`.
std::string counted(std::uint64_t count, const std::string& what);

/// `one, another`.
std::string joined(const std::vector<std::string>& names);

/// `2026-11-28 08:21:31`.
std::string to_moment(utc_time at);

/// One document and a line's end on standard output.
void print_json(const json& what);
void print_text(const std::string& what);

} // namespace rejoinder::service::commands
