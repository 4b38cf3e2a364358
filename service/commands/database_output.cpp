#include "service/commands/database_output.hpp"

#include <array>
#include <cstdio>

namespace rejoinder::service::commands {

namespace lifecycle = persistence::lifecycle;

namespace {

json to_json(const lifecycle::kind_statistics& kind) {
    json made{{"count", kind.count}, {"expired", kind.expired}, {"bytes", kind.bytes}};
    if (kind.oldest) made["oldest"] = to_unix(*kind.oldest);
    if (kind.newest) made["newest"] = to_unix(*kind.newest);
    return made;
}

std::string row(const std::string& name, const lifecycle::kind_statistics& kind) {
    std::array<char, 256> line{};
    std::snprintf(line.data(), line.size(), "%-20.40s %10llu %10llu %12s  %-19s  %-19s\n", name.c_str(),
                  static_cast<unsigned long long>(kind.count), static_cast<unsigned long long>(kind.expired),
                  to_size(kind.bytes).c_str(), kind.oldest ? to_moment(*kind.oldest).c_str() : "-",
                  kind.newest ? to_moment(*kind.newest).c_str() : "-");
    return line.data();
}

/// What may hold anything, as one line that commands no terminal.
std::string plain(const std::string& text) {
    auto quoted = to_text(json(text));
    return quoted.substr(1, quoted.size() - 2);
}

} // namespace

json to_json(const lifecycle::finding_list& list) {
    auto first = json::array();
    for (const auto& one : list.first())
        first.push_back({{"what", one.what},
                         {"account", one.account},
                         {"owner", one.owner},
                         {"key", one.key},
                         {"place", one.place},
                         {"message", one.message}});
    return {{"count", list.count()}, {"first", std::move(first)}};
}

json to_json(const lifecycle::item_counts& counts) {
    return {{"records", counts.records}, {"sessions", counts.sessions}, {"entries", counts.entries}};
}

json to_json(const lifecycle::store_digest& digest) {
    return {{"records", digest.records},
            {"sessions", digest.sessions},
            {"entries", digest.entries},
            {"hash", digest.text()}};
}

json to_json(const lifecycle::store_statistics& found) {
    json types = json::object();
    for (const auto& [type, kind] : found.records)
        types[type] = to_json(kind);
    return {{"records", std::move(types)},   {"sessions", to_json(found.sessions)},
            {"ended_sessions", found.ended}, {"log_entries", to_json(found.entries)},
            {"turns", found.turns},          {"events", found.events},
            {"disk_bytes", found.disk_bytes}};
}

json to_json(const lifecycle::copy_report& report) {
    return {{"records", report.records},
            {"sessions", report.sessions},
            {"written_records", report.written_records},
            {"written_sessions", report.written_sessions},
            {"removed_records", report.removed_records},
            {"removed_sessions", report.removed_sessions},
            {"other_records", report.other_records},
            {"other_sessions", report.other_sessions},
            {"erased", report.erased},
            {"source", to_json(report.source)},
            {"target", to_json(report.target)}};
}

json to_json(const lifecycle::import_report& report) {
    auto faults = json::array();
    for (const auto& fault : report.faults)
        faults.push_back({{"line", fault.line}, {"message", fault.what}});
    return {{"counts", to_json(report.counts)}, {"same", report.same},
            {"replaced", report.replaced},      {"erased", report.erased},
            {"faults", std::move(faults)},      {"fault_count", report.fault_count}};
}

json to_json(const lifecycle::compact_report& report) {
    return {{"removed_reflections", report.removed.reflections},
            {"removed_media", report.removed.media},
            {"removed_expired_records", report.removed.expired_records},
            {"removed_expired_sessions", report.removed.expired_sessions},
            {"bytes_before", report.bytes_before},
            {"bytes_after", report.bytes_after}};
}

std::string to_table(const lifecycle::store_statistics& found) {
    std::string text =
        "what                      count    expired        bytes  oldest               newest\n";
    for (const auto& [type, kind] : found.records)
        text += row(plain(type), kind);
    text += row("sessions", found.sessions);
    text += row("log entries", found.entries);
    text += counted(found.ended, "session") + " ended, " + counted(found.turns, "turn") + " and " +
            counted(found.events, "event") + " in the logs, " + to_size(found.disk_bytes) + " on disk\n";
    return text;
}

std::string to_lines(const lifecycle::finding_list& list) {
    std::string text;
    for (const auto& one : list.first()) {
        text += one.what + " " + plain(one.key) + " of " + plain(one.account);
        if (!one.owner.empty()) text += "/" + plain(one.owner);
        text += (one.place.empty() ? ": " : " at " + plain(one.place) + ": ") + plain(one.message) + "\n";
    }
    if (list.count() > list.first().size())
        text += "... and " + std::to_string(list.count() - list.first().size()) + " more\n";
    return text;
}

std::string to_lines(const lifecycle::import_report& report) {
    std::string text;
    for (const auto& fault : report.faults)
        text += (fault.line > 0 ? "line " + std::to_string(fault.line) + " " : "") + plain(fault.what) + "\n";
    if (report.fault_count > report.faults.size())
        text += "... and " + std::to_string(report.fault_count - report.faults.size()) + " more\n";
    return text;
}

std::string to_words(const lifecycle::item_counts& counts) {
    return counted(counts.records, "record") + ", " + counted(counts.sessions, "session") + " with " +
           (counts.entries == 1 ? "1 log entry" : std::to_string(counts.entries) + " log entries");
}

std::string to_size(std::uint64_t bytes) {
    static constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit)
        value /= 1024;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text.data();
}

std::string counted(std::uint64_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string to_moment(utc_time at) {
    auto day = std::chrono::floor<std::chrono::days>(at);
    std::chrono::year_month_day date(day);
    std::chrono::hh_mm_ss<seconds> time(std::chrono::floor<seconds>(at - day));
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

void print_json(const json& what) {
    print_text(to_text(what) + "\n");
}

void print_text(const std::string& what) {
    std::fwrite(what.data(), 1, what.size(), stdout);
    std::fflush(stdout);
}

} // namespace rejoinder::service::commands
