#include "persistence/sqlite/said_part.hpp"

#include "persistence/log.hpp"
#include "persistence/sqlite/repeats.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

constexpr char between = ' ';

std::optional<said_in_log> parse(std::string_view said) {
    std::array<std::uint64_t, 5> numbers{};
    const char* at = said.data();
    const char* end = at + said.size();
    for (auto& number : numbers) {
        auto [behind, error] = std::from_chars(at, end, number);
        if (error != std::errc()) return std::nullopt;
        at = behind == end ? behind : behind + 1;
    }
    return said_in_log{{numbers[0], {numbers[1]}}, numbers[2], numbers[3], numbers[4]};
}

/// What stands between the brackets of an array.
std::string_view inside(std::string_view array) noexcept {
    return array.size() < 2 ? std::string_view() : array.substr(1, array.size() - 2);
}

} // namespace

std::string column_of(const said_in_log& part) {
    std::string column;
    for (std::uint64_t number : {part.since.last, part.since.revision.value, std::uint64_t{part.skip},
                                 std::uint64_t{part.begin}, std::uint64_t{part.size}}) {
        if (!column.empty()) column += between;
        column += std::to_string(number);
    }
    return column;
}

said_part::said_part(connection& on)
    : messages_(on, "messages, repeats, iif(repeats = '', '', input), iif(repeats = '', '', events)",
                "(last, revision) >= (?2, ?3) and revision <= ?4", "last, revision") {}

void said_part::put_back(session_row& row, std::string_view said) {
    auto part = parse(said);
    std::string text;
    try {
        if (part) text = read(row, *part);
    } catch (const failure& broken) {
        if (broken.meaning() != errc::corrupt) throw;
    }
    if (part && text.size() == part->size && part->begin <= row.state.size())
        row.state.insert(part->begin, text);
    else
        log::error("state_incomplete", {{"session", row.id.text}, {"said", said}});
}

/// Later entries are another row's: in an import that has stopped in its middle a log is ahead of its
/// session.
std::string said_part::read(const session_row& row, const said_in_log& part) {
    std::string text;
    std::string messages, repeats, input, events;
    auto skip = part.skip;
    auto rows = messages_.run(row.key, part.since.last, part.since.revision.value, row.revision.value);
    while (rows.next()) {
        rows.read(messages, repeats, input, events);
        auto whole = whole_messages(std::move(messages), repeats, input, events).value_or("");
        auto own = inside(whole);
        if (skip > 0) own.remove_prefix(std::min(own.size(), std::exchange(skip, 0) - 1)); // the bracket
        if (own.empty()) continue;
        if (!text.empty()) text += ',';
        text += own;
    }
    return text;
}

} // namespace rejoinder::persistence::sqlite
