#include "persistence/postgresql/parameters.hpp"

namespace rejoinder::persistence::postgresql {
namespace {

// Identities of types, which never change (pg_type.dat).
constexpr std::uint32_t type_bytea = 17;
constexpr std::uint32_t type_bigint = 20;

template <class Number>
void append(std::string& to, Number number) {
    auto bits = static_cast<std::make_unsigned_t<Number>>(number);
    for (int shift = 8 * (static_cast<int>(sizeof bits) - 1); shift >= 0; shift -= 8)
        to += static_cast<char>(bits >> shift & 0xff);
}

} // namespace

void parameters::add(std::string_view bytes) {
    auto begin = bytes_.size();
    bytes_ += bytes;
    end(begin);
}

void parameters::add(std::optional<utc_time> at) {
    if (at)
        add(*at);
    else
        places_.push_back({0, 0, true});
}

void parameters::add(std::span<const std::int64_t> numbers) {
    auto begin = bytes_.size();
    begin_array(type_bigint, numbers.size());
    for (auto number : numbers) {
        append(bytes_, std::int32_t{8});
        append(bytes_, number);
    }
    end(begin);
}

void parameters::add(std::span<const std::string_view> texts) {
    auto begin = bytes_.size();
    begin_array(type_bytea, texts.size());
    for (auto text : texts) {
        append(bytes_, static_cast<std::int32_t>(text.size()));
        bytes_ += text;
    }
    end(begin);
}

parameters::view parameters::native() const {
    view all;
    for (const auto& at : places_) {
        all.values.push_back(at.is_null ? nullptr : bytes_.data() + at.begin);
        all.lengths.push_back(static_cast<int>(at.length));
        all.formats.push_back(1);
    }
    return all;
}

void parameters::add_number(std::int64_t number) {
    auto begin = bytes_.size();
    append(bytes_, number);
    end(begin);
}

/// Dimensions (none when empty), no nulls, the type, then the length and lower bound of the one dimension.
void parameters::begin_array(std::uint32_t element_type, std::size_t count) {
    append(bytes_, std::int32_t{count == 0 ? 0 : 1});
    append(bytes_, std::int32_t{0});
    append(bytes_, element_type);
    if (count == 0) return;
    append(bytes_, static_cast<std::int32_t>(count));
    append(bytes_, std::int32_t{1});
}

void parameters::end(std::size_t begin) {
    places_.push_back({begin, bytes_.size() - begin, false});
}

} // namespace rejoinder::persistence::postgresql
