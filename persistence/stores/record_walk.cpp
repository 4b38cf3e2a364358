#include "persistence/stores/record_walk.hpp"

#include "persistence/case_folding.hpp"

#include <algorithm>
#include <cmath>

namespace rejoinder::persistence {
namespace {

constexpr std::size_t most_problems = 100;
constexpr std::int64_t end_of_time = 253402300799999; // the last millisecond of the year 9999

/// Nested deeper, or wider, nobody reads it.
constexpr json_limits object_limits{32, 4096, 65536};

bool is_control(char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

/// A member's name as a token of a JSON Pointer (RFC 6901).
std::string token(std::string_view name) {
    std::string escaped;
    for (char c : name)
        escaped += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
    return escaped;
}

/// A choice as people spell it: `Maker of Money`, `maker-of-money`.
std::string respelt(std::string_view text) {
    auto folded = fold_name(text);
    for (char& c : folded)
        if (c == ' ' || c == '-') c = '_';
    return folded;
}

std::optional<std::int64_t> integer_of(const json& value) {
    if (value.is_number_unsigned()) {
        auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return {};
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    constexpr double exact = 9007199254740992.0; // beyond 2^53 a double names several integers
    if (value.is_number_float())
        if (auto number = value.get<double>(); std::trunc(number) == number && std::abs(number) < exact)
            return static_cast<std::int64_t>(number);
    return {};
}

} // namespace

record_walk::record_walk(const json* from, json* into, std::string at)
    : from_(from), into_(into), at_(std::move(at)) {
    static const json nothing = json::object();
    if (into_) *into_ = json::object();
    if (from_ && !from_->is_object()) {
        problems_.push_back({at_, "must be an object"});
        from_ = &nothing;
    }
}

record_walk record_walk::reading(const json& from) {
    return {&from, nullptr, ""};
}
record_walk record_walk::writing(json& into) {
    return {nullptr, &into, ""};
}
record_walk record_walk::within(std::string_view name, const json& from) const {
    return {&from, nullptr, at_ + "/" + std::string(name)};
}
record_walk record_walk::within(std::string_view name, json& into) const {
    return {nullptr, &into, at_ + "/" + std::string(name)};
}

void record_walk::text(std::string_view name, std::string& value, text_bounds bounds) {
    if (is_reading() && !read_text(name, value)) return;
    if (value.empty() && bounds.least > 0) return report(name, "is missing");
    if (check_text(name, value, bounds) && !value.empty()) put(name, value);
}

void record_walk::line(std::string_view name, std::string& value, text_bounds bounds) {
    if (is_reading() && !read_text(name, value)) return;
    auto inner = without_outer_spaces(value);
    if (is_reading() && inner.size() < value.size()) {
        value = std::string(inner);
        report_mended(name, "has spaces at its ends");
    } else if (inner.size() < value.size()) {
        return report(name, "has spaces at its ends");
    }
    if (value.empty() && bounds.least > 0) return report(name, "is missing");
    if (std::ranges::any_of(value, is_control)) return report(name, "has control characters");
    if (check_text(name, value, bounds) && !value.empty()) put(name, value);
}

void record_walk::texts(std::string_view name, std::vector<std::string>& values, std::size_t most,
                        text_bounds each) {
    if (is_reading()) {
        values.clear();
        for (const auto& item : items(name, most)) {
            if (item.is_string())
                values.push_back(item.get<std::string>());
            else
                report(std::string(name) + "/" + std::to_string(values.size()), "must be a text");
        }
    } else if (values.size() > most) {
        report_too_many(name, most);
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        check_text(std::string(name) + "/" + std::to_string(i), values[i], each);
    if (!values.empty()) put(name, values);
}

void record_walk::flag(std::string_view name, bool& value) {
    if (is_reading())
        value = read_flag(name, false);
    else if (value)
        put(name, true);
}

void record_walk::flag_unless(std::string_view name, bool& negated) {
    if (is_reading())
        negated = !read_flag(name, true);
    else if (negated)
        put(name, false);
}

bool record_walk::read_flag(std::string_view name, bool otherwise) {
    const auto* found = take(name);
    if (!found) return otherwise;
    if (found->is_boolean()) return found->get<bool>();
    report(name, "must be true or false");
    return otherwise;
}

void record_walk::time(std::string_view name, utc_time& value) {
    auto number = to_unix(value);
    integer(name, number, 1, end_of_time);
    value = from_unix(number);
}

void record_walk::time(std::string_view name, std::optional<utc_time>& value) {
    std::optional<std::int64_t> number;
    if (value) number = to_unix(*value);
    integer(name, number, 0, end_of_time);
    value.reset();
    if (number) value = from_unix(*number);
}

void record_walk::object(std::string_view name, json& value, std::size_t most) {
    if (is_reading()) {
        const auto* found = take(name);
        value = found ? *found : json::object();
    }
    if (value.is_null()) value = json::object();
    if (!value.is_object()) return report(name, "must be an object");
    auto written = to_text(value);
    if (written.size() > most) return report(name, "has more than " + std::to_string(most) + " bytes");
    auto read_again = parse_json(written, object_limits);
    if (read_again.error) return report(name, read_again.error->message);
    if (!value.empty()) put(name, std::move(read_again.value));
}

void record_walk::rule(bool holds, std::string_view name, std::string_view message) {
    // What a rule compares may be missing: that has been told already.
    if (!holds && problems_.empty()) report(name, std::string(message));
}

std::vector<record_problem> record_walk::finish() {
    if (is_reading())
        for (const auto& [name, value] : from_->items())
            if (std::ranges::find(known_, name) == known_.end()) report_mended(token(name), "is not known");
    return std::move(problems_);
}

void record_walk::finish(record_walk& outer) {
    for (auto& problem : finish())
        outer.add(std::move(problem));
}

void record_walk::add(record_problem problem) {
    if (problems_.size() < most_problems)
        problems_.push_back(std::move(problem));
    else if (problems_.size() == most_problems) // what is not told must not pass for mended
        problems_.push_back({at_, "has more than 100 problems"});
}

const json* record_walk::take(std::string_view name) {
    known_.emplace_back(name);
    auto found = from_->find(name);
    if (found == from_->end()) return nullptr;
    if (!found->is_null()) return &*found;
    report_mended(name, "is null instead of absent");
    return nullptr;
}

std::vector<json> record_walk::items(std::string_view name, std::size_t most) {
    const auto* found = take(name);
    if (!found) return {};
    if (!found->is_array()) {
        report_mended(name, "is one item for a list");
        return {*found};
    }
    if (found->size() <= most) return *found;
    report_too_many(name, most);
    return {};
}

void record_walk::put(std::string_view name, json value) {
    if (into_) (*into_)[std::string(name)] = std::move(value);
}

void record_walk::integer(std::string_view name, std::int64_t& value, std::int64_t least, std::int64_t most) {
    auto told = problems_.size();
    std::optional<std::int64_t> present;
    if (value != 0) present = value;
    integer(name, present, least, most);
    value = present.value_or(0);
    if (value == 0 && least > 0 && problems_.size() == told) report(name, "is missing");
}

void record_walk::integer(std::string_view name, std::optional<std::int64_t>& value, std::int64_t least,
                          std::int64_t most) {
    if (is_reading()) {
        value.reset();
        const auto* found = take(name);
        if (!found) return;
        value = integer_of(*found);
        if (!value) return report(name, "must be an integer");
        if (found->is_number_float()) report_mended(name, "is an integer written as a fraction");
    }
    if (!value) return;
    if (*value < least || *value > most) {
        report(name, "must be from " + std::to_string(least) + " to " + std::to_string(most));
        value.reset();
        return;
    }
    put(name, *value);
}

void record_walk::choose(std::string_view name, std::size_t& index, std::span<const std::string_view> names) {
    auto told = problems_.size();
    choose_or_none(name, index, names);
    if (index != no_choice) return;
    if (problems_.size() == told) report(name, "is missing");
    index = 0;
}

void record_walk::choose_or_none(std::string_view name, std::size_t& index,
                                 std::span<const std::string_view> names) {
    if (is_reading()) {
        index = no_choice;
        if (const auto* found = take(name)) index = choice_at(name, *found, names);
    } else if (index != no_choice) {
        if (index >= names.size()) return report(name, "is no value of its enumeration");
        put(name, std::string(names[index]));
    }
}

void record_walk::choose_several(std::string_view name, std::vector<std::size_t>& indices,
                                 std::span<const std::string_view> names) {
    std::vector<std::size_t> chosen;
    auto place = [&](std::size_t i) { return std::string(name) + "/" + std::to_string(i); };
    auto is_new = [&](std::size_t index) { return std::ranges::find(chosen, index) == chosen.end(); };
    if (is_reading()) {
        auto found = items(name, names.size() * 2); // some may be there twice
        for (std::size_t i = 0; i < found.size(); ++i) {
            auto index = choice_at(place(i), found[i], names);
            if (index == no_choice) continue;
            if (is_new(index))
                chosen.push_back(index);
            else
                report_mended(place(i), "is in the list twice");
        }
    } else {
        auto list = json::array();
        for (auto index : indices) {
            if (index >= names.size()) return report(name, "holds no value of its enumeration");
            if (!is_new(index)) return report(name, "holds an item twice");
            chosen.push_back(index);
            list.push_back(std::string(names[index]));
        }
        if (!list.empty()) put(name, std::move(list));
    }
    indices = std::move(chosen);
}

std::size_t record_walk::choice_at(std::string_view name, const json& found,
                                   std::span<const std::string_view> names) {
    if (!found.is_string()) {
        report(name, "must be a text");
        return no_choice;
    }
    const auto& text = found.get_ref<const std::string&>();
    auto at = std::ranges::find(names, text);
    if (at == names.end()) {
        at = std::ranges::find(names, respelt(text));
        if (at != names.end()) report_mended(name, "is spelt in another way");
    }
    if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
    std::string known;
    for (auto one : names)
        known += (known.empty() ? "" : ", ") + std::string(one);
    report(name, "must be one of " + known);
    return no_choice;
}

bool record_walk::read_text(std::string_view name, std::string& value) {
    value.clear();
    const auto* found = take(name);
    if (!found) return true;
    if (found->is_string()) {
        value = found->get<std::string>();
        return true;
    }
    report(name, "must be a text");
    return false;
}

bool record_walk::check_text(std::string_view name, std::string_view value, text_bounds bounds) {
    auto before = problems_.size();
    if (value.size() < bounds.least)
        report(name, "must have at least " + std::to_string(bounds.least) + " bytes");
    else if (value.size() > bounds.most)
        report(name, "must have at most " + std::to_string(bounds.most) + " bytes");
    else if (!is_utf8(value) || value.find('\0') != value.npos)
        report(name, "must be UTF-8 without U+0000");
    return problems_.size() == before;
}

void record_walk::report(std::string_view name, std::string message) {
    add({at_ + "/" + std::string(name), std::move(message)});
}

void record_walk::report_mended(std::string_view name, std::string message) {
    add({at_ + "/" + std::string(name), std::move(message), record_problem::remedy::mended});
}

void record_walk::report_too_many(std::string_view name, std::size_t most) {
    report(name, "must have at most " + std::to_string(most) + " items");
}

} // namespace rejoinder::persistence
