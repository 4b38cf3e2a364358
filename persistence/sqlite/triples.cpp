#include "persistence/sqlite/triples.hpp"

#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

/// Goes over a list and shows each number.
class triple_reader {
public:
    explicit triple_reader(std::string_view list) : at_(list.data()), end_(at_ + list.size()) {}

    /// False when the list is damaged: what was shown counts for nothing then.
    template <class See>
    bool read(See see) {
        if (!takes('[')) return false;
        do {
            bool whole = takes('[') && takes_number(see) && takes(',') && takes_number(see) && takes(',') &&
                         takes_number(see) && takes(']');
            if (!whole) return false;
        } while (takes(','));
        return takes(']') && at_ == end_;
    }

private:
    bool takes(char sign) {
        if (at_ == end_ || *at_ != sign) return false;
        ++at_;
        return true;
    }

    /// As SQLite reads them, who refuses the whole list for a zero in front of other digits.
    template <class See>
    bool takes_number(See& see) {
        const auto* begin = at_;
        if (begin == end_ || *begin == '-') return false;
        std::int64_t number = 0;
        auto [behind, problem] = std::from_chars(begin, end_, number);
        if (problem != std::errc() || (*begin == '0' && behind - begin > 1)) return false;
        at_ = behind;
        see(number);
        return true;
    }

    const char* at_;
    const char* end_;
};

} // namespace

void add_triple(std::string& list, std::uint64_t first, std::uint64_t second, std::uint64_t third) {
    if (list == no_triples)
        list = '[';
    else
        list.back() = ',';
    std::array<char, numbers_of_triple * 21 + 2> text; // numbers of 20 digits
    auto* at = text.data();
    char before = '[';
    for (auto number : {first, second, third}) {
        *at++ = std::exchange(before, ',');
        at = std::to_chars(at, text.data() + text.size(), number).ptr;
    }
    list.append(text.data(), static_cast<std::size_t>(at - text.data())).append("]]");
}

std::optional<std::vector<std::int64_t>> numbers_of(std::string_view list) {
    static constexpr std::size_t usually_at_most = 16;
    std::vector<std::int64_t> numbers;
    if (list == no_triples) return numbers;
    numbers.reserve(numbers_of_triple * usually_at_most);
    bool whole = triple_reader(list).read([&](std::int64_t number) { numbers.push_back(number); });
    return whole ? std::optional(std::move(numbers)) : std::nullopt;
}

std::optional<std::size_t> count_of_triples(std::string_view list) {
    if (list == no_triples) return 0;
    std::size_t numbers = 0;
    bool whole = triple_reader(list).read([&](std::int64_t) { ++numbers; });
    return whole ? std::optional(numbers / numbers_of_triple) : std::nullopt;
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
