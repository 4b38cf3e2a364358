#pragma once

#include "persistence/json.hpp"
#include "persistence/stores/choices.hpp"
#include "persistence/stores/record_problem.hpp"
#include "persistence/time.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence {

/// Bytes of UTF-8 that a text may have.
struct text_bounds {
    std::size_t least = 0;
    std::size_t most = 0;
};

/// One walk over the members of a record, in either direction. A record type says what it consists of once,
/// in a function `describe(record_walk&, T&)` beside it; reading, writing and checking all follow from that.
///
/// A member that has its empty value (no text, no items, zero, false, nothing) is left out, and one that may
/// not be empty is missing then. Members that are not described are refused, as a program that wrote the
/// record again would lose them. What is wrong is collected in both directions; behind 100 problems one more
/// says that there are others.
///
/// Some mistakes have one possible meaning: null for absent, a choice in another spelling, 5.0 for 5, spaces
/// around a name, one item where a list stands, an item of a set twice. Those are read as they were meant and
/// reported as mended.
class record_walk {
public:
    static record_walk reading(const json& from);
    static record_walk writing(json& into);

    record_walk(const record_walk&) = delete;
    record_walk& operator=(const record_walk&) = delete;
    ~record_walk() = default;

    /// Any text without U+0000.
    void text(std::string_view name, std::string& value, text_bounds bounds);

    /// A text for one line: not blank, no control characters, no spaces at its ends.
    void line(std::string_view name, std::string& value, text_bounds bounds);

    void texts(std::string_view name, std::vector<std::string>& values, std::size_t most, text_bounds each);

    /// Absent when it is false.
    void flag(std::string_view name, bool& value);

    /// The opposite of a flag: absent means true, and `negated` is then false.
    void flag_unless(std::string_view name, bool& negated);

    template <std::integral Number>
    void number(std::string_view name, Number& value, std::int64_t least, std::int64_t most) {
        auto wide = static_cast<std::int64_t>(value);
        integer(name, wide, least, most);
        value = static_cast<Number>(wide);
    }
    template <std::integral Number>
    void number(std::string_view name, std::optional<Number>& value, std::int64_t least, std::int64_t most) {
        std::optional<std::int64_t> wide;
        if (value) wide = static_cast<std::int64_t>(*value);
        integer(name, wide, least, most);
        value.reset();
        if (wide) value = static_cast<Number>(*wide);
    }

    /// Milliseconds since 1970, up to the year 9999.
    void time(std::string_view name, utc_time& value);
    void time(std::string_view name, std::optional<utc_time>& value);

    /// Any JSON object of at most `most` bytes.
    void object(std::string_view name, json& value, std::size_t most);

    template <named_choice Choice>
    void choice(std::string_view name, Choice& value) {
        auto index = static_cast<std::size_t>(value);
        choose(name, index, names_of(value));
        value = static_cast<Choice>(index);
    }
    template <named_choice Choice>
    void choice(std::string_view name, std::optional<Choice>& value) {
        auto index = value ? static_cast<std::size_t>(*value) : no_choice;
        choose_or_none(name, index, names_of(Choice{}));
        value.reset();
        if (index != no_choice) value = static_cast<Choice>(index);
    }

    /// A set: each enumerator at most once, in the order of its adding.
    template <named_choice Choice>
    void choices(std::string_view name, std::vector<Choice>& values) {
        std::vector<std::size_t> indices;
        indices.reserve(values.size());
        for (auto one : values)
            indices.push_back(static_cast<std::size_t>(one));
        choose_several(name, indices, names_of(Choice{}));
        values.clear();
        values.reserve(indices.size());
        for (auto index : indices)
            values.push_back(static_cast<Choice>(index));
    }

    /// A described part of the record.
    template <class Part>
    void part(std::string_view name, Part& value) {
        auto told = problems_.size();
        std::optional<Part> present(std::move(value));
        part(name, present);
        if (!present && problems_.size() == told) report(name, "is missing");
        value = std::move(present).value_or(Part());
    }
    template <class Part>
    void part(std::string_view name, std::optional<Part>& value) {
        if (is_reading()) {
            value.reset();
            const auto* found = take(name);
            if (!found) return;
            value.emplace();
            auto inner = within(name, *found);
            describe(inner, *value);
            inner.finish(*this);
        } else if (value) {
            json written;
            auto inner = within(name, written);
            describe(inner, *value);
            inner.finish(*this);
            put(name, std::move(written));
        }
    }

    /// A list of described parts. Where a part can be told from a text (`part_from_text` beside it), an item
    /// may be one, and is mended.
    template <class Part>
    void parts(std::string_view name, std::vector<Part>& values, std::size_t most) {
        if (is_reading()) {
            values.clear();
            for (const auto& item : items(name, most)) {
                auto place = std::string(name) + "/" + std::to_string(values.size());
                auto& value = values.emplace_back();
                if constexpr (requires(const std::string& text) { value = part_from_text(value, text); }) {
                    if (item.is_string()) {
                        value = part_from_text(value, item.template get_ref<const std::string&>());
                        report_mended(place, "is a text for an object");
                        continue;
                    }
                }
                auto inner = within(place, item);
                describe(inner, value);
                inner.finish(*this);
            }
        } else if (!values.empty()) {
            auto written = json::array();
            if (values.size() > most) report_too_many(name, most);
            for (auto& value : values) {
                auto& item = written.emplace_back(json::object());
                auto inner = within(std::string(name) + "/" + std::to_string(written.size() - 1), item);
                describe(inner, value);
                inner.finish(*this);
            }
            put(name, std::move(written));
        }
    }

    /// A rule over several members, told at one of them.
    void rule(bool holds, std::string_view name, std::string_view message);

    /// Ends the walk: what was wrong, in the order in which it was met.
    std::vector<record_problem> finish();

private:
    static constexpr std::size_t no_choice = std::numeric_limits<std::size_t>::max();

    record_walk(const json* from, json* into, std::string at);
    record_walk within(std::string_view name, const json& from) const;
    record_walk within(std::string_view name, json& into) const;
    void finish(record_walk& outer);

    bool is_reading() const noexcept { return from_ != nullptr; }
    const json* take(std::string_view name);
    std::vector<json> items(std::string_view name, std::size_t most);
    void put(std::string_view name, json value);

    void integer(std::string_view name, std::int64_t& value, std::int64_t least, std::int64_t most);
    void integer(std::string_view name, std::optional<std::int64_t>& value, std::int64_t least,
                 std::int64_t most);
    void choose(std::string_view name, std::size_t& index, std::span<const std::string_view> names);
    void choose_or_none(std::string_view name, std::size_t& index, std::span<const std::string_view> names);
    void choose_several(std::string_view name, std::vector<std::size_t>& indices,
                        std::span<const std::string_view> names);
    std::size_t choice_at(std::string_view name, const json& found, std::span<const std::string_view> names);

    bool read_flag(std::string_view name, bool otherwise);
    bool read_text(std::string_view name, std::string& value);
    bool check_text(std::string_view name, std::string_view value, text_bounds bounds);
    void add(record_problem problem);
    void report(std::string_view name, std::string message);
    void report_mended(std::string_view name, std::string message);
    void report_too_many(std::string_view name, std::size_t most);

    const json* from_;
    json* into_;
    std::string at_;
    std::vector<std::string> known_;
    std::vector<record_problem> problems_;
};

} // namespace rejoinder::persistence
