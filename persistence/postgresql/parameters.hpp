#pragma once

#include "persistence/time.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence::postgresql {

/// The values that a statement is executed with, in PostgreSQL's binary format: texts as they are and numbers
/// as eight bytes, so that nothing is escaped, and nothing of it is ever SQL.
class parameters {
public:
    parameters() = default;
    template <class... Values>
        requires(sizeof...(Values) > 0)
    explicit parameters(const Values&... values) {
        (add(values), ...);
    }

    void add(std::string_view bytes);
    void add(const std::string& bytes) { add(std::string_view(bytes)); }
    void add(const char*) = delete;
    template <std::integral Number>
    void add(Number number) {
        add_number(static_cast<std::int64_t>(number));
    }
    void add(utc_time at) { add_number(to_unix(at)); }
    void add(std::optional<utc_time> at);
    void add(std::span<const std::int64_t> numbers);   ///< bigint[]
    void add(std::span<const std::string_view> texts); ///< bytea[]

    /// As libpq takes them. The pointers are good until something is added.
    struct view {
        std::vector<const char*> values;
        std::vector<int> lengths;
        std::vector<int> formats;
    };
    view native() const;

    std::size_t size() const noexcept { return bytes_.size(); }

private:
    struct place {
        std::size_t begin = 0;
        std::size_t length = 0;
        bool is_null = false;
    };
    void add_number(std::int64_t number);
    void begin_array(std::uint32_t element_type, std::size_t count);
    void end(std::size_t begin);

    std::string bytes_;
    std::vector<place> places_;
};

} // namespace rejoinder::persistence::postgresql
