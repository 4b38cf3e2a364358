#include "persistence/sqlite/repeats.hpp"

#include "persistence/sqlite/triples.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace rejoinder::persistence::sqlite {
namespace {

/// Shorter ones would not pay for their triple.
constexpr std::size_t least_size = 24;

/// Strings of a text that are looked at. An entry has hardly more long ones; others stay where they are.
constexpr std::size_t most_strings = 32;

/// A string of a JSON text: the bytes between its quotes.
struct quoted {
    std::size_t begin = 0;
    std::string_view bytes;
};

/// The next string that begins at or behind a byte. Nothing at the end of the text, nor where that lies
/// inside of a string.
std::optional<quoted> next_string(std::string_view text, std::size_t from) {
    auto begin = text.find('"', from);
    if (begin == text.npos) return std::nullopt;
    ++begin;
    for (auto end = text.find('"', begin); end != text.npos; end = text.find('"', end + 1)) {
        auto escapes = end;
        while (escapes > begin && text[escapes - 1] == '\\')
            --escapes;
        if ((end - escapes) % 2 == 0) return quoted{begin, text.substr(begin, end - begin)};
    }
    return std::nullopt;
}

/// The strings of a text that are long enough, up to as many as there is room for.
std::size_t long_strings(std::string_view text, std::span<quoted> into) {
    std::size_t count = 0;
    std::size_t from = 0;
    while (count < into.size()) {
        auto one = next_string(text, from);
        if (!one) break;
        from = one->begin + one->bytes.size() + 1;
        if (one->bytes.size() >= least_size) into[count++] = *one;
    }
    return count;
}

} // namespace

std::optional<lean_messages> without_repeats(const log_entry& entry) {
    if (entry.messages.size() < least_size) return std::nullopt;
    std::array<quoted, most_strings> said_elsewhere;
    auto room = std::span(said_elsewhere);
    auto in_input = long_strings(entry.input, room);
    auto in_events = long_strings(entry.events, room.subspan(in_input));
    for (auto& one : room.subspan(in_input, in_events))
        one.begin += entry.input.size();
    auto known = room.first(in_input + in_events);

    std::array<quoted, most_strings> said_here;
    lean_messages lean{{}, std::string(no_triples)};
    std::size_t kept = 0; // of the messages, up to here
    for (const auto& one : std::span(said_here).first(long_strings(entry.messages, said_here))) {
        auto same = std::ranges::find(known, one.bytes, &quoted::bytes);
        if (same == known.end()) continue;
        lean.text.append(entry.messages, kept, one.begin - kept);
        add_triple(lean.repeats, lean.text.size(), one.bytes.size(), same->begin);
        kept = one.begin + one.bytes.size();
    }
    if (kept == 0) return std::nullopt;
    lean.text.append(entry.messages, kept);
    return lean;
}

std::optional<std::string> whole_messages(std::string text, std::string_view repeats, std::string_view input,
                                          std::string_view events) {
    if (repeats.empty()) return text;
    auto numbers = numbers_of(repeats);
    if (!numbers || numbers->size() > most_strings * numbers_of_triple) return std::nullopt;
    std::string whole;
    std::size_t kept = 0;
    for (auto number = numbers->begin(); number != numbers->end(); number += numbers_of_triple) {
        auto at = static_cast<std::size_t>(number[0]);
        auto size = static_cast<std::size_t>(number[1]);
        auto from = static_cast<std::size_t>(number[2]);
        auto source = from < input.size() ? input : events;
        if (from >= input.size()) from -= input.size();
        if (at < kept || at > text.size() || from > source.size() || size > source.size() - from)
            return std::nullopt;
        whole.append(text, kept, at - kept).append(source, from, size);
        kept = at;
    }
    whole.append(text, kept);
    return whole;
}

/// Bytes are counted, so the texts are cut as blobs. What is no list of at most as many triples as are made
/// here is taken for an empty one.
std::string whole_messages_in_sql() {
    const auto list =
        "iif(json_valid(log.repeats), iif(json_array_length(log.repeats) <= " + std::to_string(most_strings) +
        ", log.repeats, '[]'), '[]')";
    const auto triples = rows_of_triples(list, "at", "size", "source");
    return "iif(log.repeats = '', log.messages, (select group_concat(part, '') from ("
           "select substr(cast(log.messages as blob), begin + 1, at - begin) || "
           "substr(cast(log.input || log.events as blob), source + 1, size) as part "
           "from (select at, size, source, lag(at, 1, 0) over (order by number) as begin from " +
           triples +
           ") union all "
           "select cast(substr(cast(log.messages as blob), coalesce((select max(at) from " +
           triples + "), 0) + 1) as text))))";
}

} // namespace rejoinder::persistence::sqlite
