#include "service/log_retention.hpp"

#include "persistence/json_writer.hpp"

#include <algorithm>

namespace rejoinder::service {
namespace {

constexpr int marks_per_age = 12;

void drop(persistence::session_row& row, std::uint64_t& texts, std::uint64_t count) noexcept {
    auto kept = row.head + 1 - row.floor;
    auto rest = [&](std::uint64_t bytes) {
        return count == kept ? 0 : bytes - std::min(bytes, bytes / kept * count);
    };
    row.log_bytes = rest(row.log_bytes);
    texts = rest(texts);
    row.floor += count;
}

/// How many events are more than the log may hold.
std::uint64_t excess(const persistence::session_row& row, std::uint64_t texts,
                     const log_bounds& bounds) noexcept {
    auto kept = row.head + 1 - row.floor;
    auto bytes = row.log_bytes + texts;
    std::uint64_t over = kept > bounds.events ? kept - bounds.events : 0;
    if (bytes > bounds.bytes && kept > 0) {
        auto mean = std::max<std::uint64_t>(bytes / kept, 1);
        over = std::max(over, (bytes - bounds.bytes + mean - 1) / mean);
    }
    return std::min(over, kept);
}

} // namespace

void log_marks::note(utc_time now, utc_time then, std::uint64_t head, milliseconds age) {
    // Marks of a clock that has been set back since.
    std::erase_if(marks_, [then](const mark& m) { return m.at > then; });
    auto last = marks_.empty() ? mark{} : marks_.back();
    if (head > last.head && now - last.at >= age / marks_per_age) marks_.push_back({then, head});
}

std::uint64_t log_marks::head_at(utc_time then) const noexcept {
    std::uint64_t head = 0;
    for (const auto& mark : marks_)
        if (mark.at <= then) head = std::max(head, mark.head);
    return head;
}

void log_marks::forget_below(std::uint64_t floor) {
    std::erase_if(marks_, [floor](const mark& m) { return m.head < floor; });
}

void log_marks::append_to(std::string& text) const {
    text += '[';
    for (const auto& mark : marks_) {
        append_separator(text);
        text += '[';
        append_number(text, to_unix(mark.at));
        text += ',';
        append_number(text, mark.head);
        text += ']';
    }
    text += ']';
}

log_marks log_marks::restore(const json& stored) {
    log_marks restored;
    if (!stored.is_array()) return restored;
    for (const auto& mark : stored) {
        if (!mark.is_array() || mark.size() != 2 || !mark[0].is_number_integer() ||
            !mark[1].is_number_unsigned())
            return {};
        restored.marks_.push_back({from_unix(mark[0].get<std::int64_t>()), mark[1].get<std::uint64_t>()});
    }
    return restored;
}

void raise_floor(persistence::session_row& row, std::uint64_t& texts, std::uint64_t floor) noexcept {
    if (floor > row.floor) drop(row, texts, std::min(floor, row.head + 1) - row.floor);
}

void trim_log(persistence::session_row& row, std::uint64_t& texts, const log_bounds& bounds,
              std::uint64_t aged) noexcept {
    raise_floor(row, texts, aged + 1);
    auto over = excess(row, texts, bounds);
    if (over == 0) return;
    // With the excess goes a quarter of the rest, so that trimming costs a turn in a thousand and not every
    // one.
    auto kept = row.head + 1 - row.floor;
    drop(row, texts, std::min(kept, over + (kept - over) / 4 + 1));
}

std::string log_retention::serialise() const {
    std::string text;
    object_writer out(text);
    marks.append_to(out.place("marks"));
    out.member("texts", texts);
    out.end();
    return text;
}

log_retention log_retention::restore(std::string_view text) {
    log_retention restored;
    auto parsed = parse_json(text, stored_limits);
    if (!parsed) return restored;
    if (const auto* marks = find_pointer(parsed.value, "/marks")) restored.marks = log_marks::restore(*marks);
    if (const auto* texts = find_pointer(parsed.value, "/texts"); texts && texts->is_number_unsigned())
        restored.texts = texts->get<std::uint64_t>();
    return restored;
}

void log_retention::trim(persistence::session_row& row, const log_bounds& bounds, utc_time now, utc_time then,
                         std::uint64_t head) {
    marks.note(now, then, head, bounds.age);
    trim_log(row, texts, bounds, marks.head_at(now - bounds.age));
    marks.forget_below(row.floor);
}

} // namespace rejoinder::service
