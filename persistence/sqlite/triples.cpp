#include "persistence/sqlite/triples.hpp"

#include <charconv>
#include <system_error>

namespace rejoinder::persistence::sqlite {

void add_triple(std::string& list, std::uint64_t first, std::uint64_t second, std::uint64_t third) {
    if (list == no_triples)
        list = '[';
    else
        list.back() = ',';
    list.append("[").append(std::to_string(first));
    list.append(",").append(std::to_string(second));
    list.append(",").append(std::to_string(third)).append("]]");
}

std::optional<std::vector<std::int64_t>> numbers_of(std::string_view list) {
    static constexpr std::size_t usually_at_most = 16;
    std::vector<std::int64_t> numbers;
    if (list == no_triples) return numbers;
    numbers.reserve(numbers_of_triple * usually_at_most);
    const auto* at = list.data();
    const auto* end = at + list.size();
    auto takes = [&](std::string_view sign) {
        if (!std::string_view(at, end).starts_with(sign)) return false;
        at += sign.size();
        return true;
    };
    // As SQLite reads them, who refuses the whole list for a zero in front of other digits.
    auto takes_number = [&] {
        auto is_digit = [&](const char* one) { return one < end && *one >= '0' && *one <= '9'; };
        if (!is_digit(at) || (*at == '0' && is_digit(at + 1))) return false;
        auto [behind, problem] = std::from_chars(at, end, numbers.emplace_back());
        at = behind;
        return problem == std::errc();
    };
    for (bool more = takes("["); more; more = takes(",")) {
        bool whole = takes("[") && takes_number() && takes(",") && takes_number() && takes(",") &&
                     takes_number() && takes("]");
        if (!whole) return std::nullopt;
    }
    if (numbers.empty() || !takes("]") || at != end) return std::nullopt;
    return numbers;
}

std::string number_of_triple(int at) {
    return "cast(json_extract(iif(type = 'array', value, '[]'), '$[" + std::to_string(at) + "]') as integer)";
}

std::string rows_of_triples(std::string_view list, std::string_view first, std::string_view second,
                            std::string_view third) {
    std::string sql = "(select key as number";
    int at = 0;
    for (auto name : {first, second, third})
        sql.append(", ").append(number_of_triple(at++)).append(" as ").append(name);
    return sql.append(" from json_each(").append(list).append("))");
}

} // namespace rejoinder::persistence::sqlite
