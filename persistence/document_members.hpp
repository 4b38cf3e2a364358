#pragma once

#include "persistence/document.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// The members of a document, one by one, in both directions: whoever goes through a record's fields with
/// either of these two says what its document looks like.
namespace rejoinder::persistence::members {

/// The name under which a text stands that should be JSON and can't be written as such.
std::string text_name(std::string_view name);

/// Puts members into a document.
class writing {
public:
    explicit writing(document& into) : into_(into) {}

    void member(const std::string& name, const std::string& text);
    template <class Number>
        requires std::is_integral_v<Number>
    void member(const std::string& name, Number number) {
        if (number != 0) into_[name] = number;
    }
    void member(const std::string& name, utc_time at) { member(name, to_unix(at)); }
    void member(const std::string& name, const std::optional<utc_time>& at) {
        if (at) into_[name] = to_unix(*at);
    }

private:
    document& into_;
};

/// Takes members out of a document; what it took and whether all of it was right is known in the end.
class reading {
public:
    explicit reading(const document& from) : from_(from), good_(from.is_object()) {}

    void member(const std::string& name, std::string& text);
    template <class Number>
        requires std::is_integral_v<Number>
    void member(const std::string& name, Number& number) {
        if (const auto* found = take(name)) get(*found, number);
    }
    void member(const std::string& name, utc_time& at);
    void member(const std::string& name, std::optional<utc_time>& at);

    /// The member as it is; null when there is none.
    const document* take(const std::string& name);

    void refuse() { good_ = false; }
    bool is_complete() const { return good_ && taken_ == from_.size(); }

private:
    bool get(const document& found, std::string& text);

    template <class Number>
    bool get(const document& found, Number& number) {
        if (!found.is_number_integer()) return good_ = false;
        return found.is_number_unsigned() ? fit(found.get<std::uint64_t>(), number)
                                          : fit(found.get<std::int64_t>(), number);
    }
    template <class Value, class Number>
    bool fit(Value value, Number& number) {
        if (!std::in_range<Number>(value)) return good_ = false;
        number = static_cast<Number>(value);
        return true;
    }

    const document& from_;
    std::size_t taken_ = 0;
    bool good_;
};

} // namespace rejoinder::persistence::members
