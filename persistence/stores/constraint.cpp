#include "persistence/stores/constraint.hpp"

#include "persistence/case_folding.hpp"
#include "persistence/stores/bounds.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace rejoinder::persistence {
namespace {

constexpr std::size_t most_names = 64;

std::string clock_text(int minute) {
    std::array<char, 16> text{};
    auto size = std::snprintf(text.data(), text.size(), "%02d:%02d", minute / 60, minute % 60);
    return {text.data(), static_cast<std::size_t>(size)};
}

/// `HH:MM` as minutes, or nothing.
std::optional<int> minute_of(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    int hour = 0;
    int minute = 0;
    auto [hour_end, hour_bad] = std::from_chars(text.data(), text.data() + 2, hour);
    auto [minute_end, minute_bad] = std::from_chars(text.data() + 3, text.data() + 5, minute);
    bool good = hour_bad == std::errc() && minute_bad == std::errc() && hour_end == text.data() + 2 &&
                minute_end == text.data() + 5;
    if (!good || hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
    return hour * 60 + minute;
}

void clock(record_walk& walk, std::string_view name, int& minute) {
    auto text = clock_text(minute);
    walk.line(name, text, {5, 5});
    auto read = minute_of(text);
    walk.rule(read.has_value(), name, "must be a time of day, HH:MM");
    minute = read.value_or(0);
}

template <class List, class Item>
bool is_among(const List& list, const Item& item) {
    return std::ranges::find(list, item) != list.end();
}

template <class List, class Item>
bool allows(const List& narrowed_to, const Item& item) {
    return narrowed_to.empty() || is_among(narrowed_to, item);
}

bool names(const std::string& subject, const std::string& name) {
    return subject == "*" ? !name.empty() : subject == name;
}

/// Whether what narrows the constraint, without what is its type's subject, lets it speak.
bool is_within(const constraint& c, const proposed_action& p) {
    bool modes = c.type == constraint_type::mode_transition || allows(c.modes, p.mode);
    bool devices = c.type == constraint_type::device_restriction || allows(c.devices, p.device);
    bool tool_is_subject = c.type == constraint_type::block_tool || c.type == constraint_type::block_action;
    bool tool = tool_is_subject || c.tool.empty() || names(c.tool, p.tool);
    bool window = !c.window || c.window->holds(p.minute_of_day);
    return modes && devices && tool && window && allows(c.roles, p.role);
}

bool forbids(const constraint& c, const proposed_action& p) {
    switch (c.type) {
    case constraint_type::block_tool:
        return names(c.tool, p.tool);
    case constraint_type::block_action:
        return names(c.tool, p.action);
    case constraint_type::max_risk:
        return c.risk && p.risk > *c.risk;
    case constraint_type::require_confirmation:
        return !c.risk || p.risk >= *c.risk;
    case constraint_type::mode_transition:
        return p.target_mode && *p.target_mode != p.mode && allows(c.modes, *p.target_mode);
    case constraint_type::persona_mismatch:
        return p.persona != c.persona;
    case constraint_type::device_restriction:
        return !is_among(c.devices, p.device);
    case constraint_type::time_window:
        return true;
    case constraint_type::other:
        return c.severity.has_value();
    }
    return false;
}

decision decision_of(const constraint& c) {
    auto usual =
        c.type == constraint_type::require_confirmation ? decision::require_confirmation : decision::deny;
    return c.severity.value_or(usual);
}

std::string reason_of(const constraint& c) {
    return c.reason.empty() ? "a constraint of type " + std::string(to_string(c.type)) : c.reason;
}

/// What a constraint of this type cannot do without.
bool has_subject(const constraint& c) {
    switch (c.type) {
    case constraint_type::block_tool:
    case constraint_type::block_action:
        return !c.tool.empty();
    case constraint_type::max_risk:
        return c.risk.has_value();
    case constraint_type::persona_mismatch:
        return !c.persona.empty();
    case constraint_type::device_restriction:
        return !c.devices.empty();
    case constraint_type::time_window:
        return c.window.has_value();
    case constraint_type::other:
        return c.severity || !c.reason.empty();
    case constraint_type::require_confirmation:
    case constraint_type::mode_transition:
        return true;
    }
    return false;
}

std::string respelt(std::string_view text) {
    auto folded = fold_name(text);
    std::ranges::replace_if(folded, [](char c) { return c == ' ' || c == '-'; }, '_');
    return folded;
}

std::vector<std::string> items_of(std::string_view list) {
    std::vector<std::string> items;
    while (!list.empty()) {
        auto comma = std::min(list.find(','), list.size());
        auto item = without_outer_spaces(list.substr(0, comma));
        if (!item.empty()) items.emplace_back(item);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return items;
}

/// Takes the name of a type off the front of a text; `other` has none.
std::optional<constraint_type> take_type(std::string_view& text) {
    auto known = names_of(constraint_type{});
    for (std::size_t i = 0; i + 1 < known.size(); ++i) {
        auto size = known[i].size();
        bool ends = text.size() <= size || text[size] == ':' || text[size] == ' ';
        if (!ends || respelt(text.substr(0, size)) != known[i]) continue;
        text = without_outer_spaces(text.substr(std::min(size + 1, text.size())));
        return static_cast<constraint_type>(i);
    }
    return std::nullopt;
}

/// Fills in the subject; false when the text is none for the type.
bool parse_subject(constraint& into, std::string_view text) {
    switch (into.type) {
    case constraint_type::block_tool:
    case constraint_type::block_action:
        into.tool = text;
        break;
    case constraint_type::persona_mismatch:
        into.persona = text;
        break;
    case constraint_type::device_restriction:
        into.devices = items_of(text);
        break;
    case constraint_type::max_risk:
        into.risk = choice_of<risk_level>(respelt(text));
        break;
    case constraint_type::require_confirmation:
        into.risk = choice_of<risk_level>(respelt(text));
        if (!into.risk) into.tool = text;
        break;
    case constraint_type::mode_transition:
        for (const auto& item : items_of(text)) {
            auto mode = choice_of<coach_mode>(respelt(item));
            if (!mode) return false;
            if (!is_among(into.modes, *mode)) into.modes.push_back(*mode);
        }
        break;
    case constraint_type::time_window: {
        auto dash = text.find('-');
        if (dash == text.npos) return false;
        auto from = minute_of(without_outer_spaces(text.substr(0, dash)));
        auto to = minute_of(without_outer_spaces(text.substr(dash + 1)));
        if (from && to) into.window = time_window{*from, *to};
        break;
    }
    case constraint_type::other:
        return false;
    }
    return has_subject(into);
}

} // namespace

std::span<const std::string_view> names_of(coach_mode) noexcept {
    static constexpr std::array<std::string_view, 9> names{
        "default", "sol", "mars", "earth", "explorer", "forge", "restaurant", "real_estate", "builder"};
    return names;
}

std::span<const std::string_view> names_of(risk_level) noexcept {
    static constexpr std::array<std::string_view, 4> names{"low", "medium", "high", "critical"};
    return names;
}

std::span<const std::string_view> names_of(decision) noexcept {
    static constexpr std::array<std::string_view, 3> names{"allow", "require_confirmation", "deny"};
    return names;
}

std::span<const std::string_view> names_of(constraint_type) noexcept {
    static constexpr std::array<std::string_view, 9> names{
        "block_tool",      "max_risk",         "require_confirmation",
        "mode_transition", "persona_mismatch", "device_restriction",
        "time_window",     "block_action",     "other"};
    return names;
}

bool time_window::holds(int minute) const noexcept {
    if (from < to) return from <= minute && minute < to;
    return from == to || minute >= from || minute < to;
}

void describe(record_walk& walk, time_window& value) {
    clock(walk, "from", value.from);
    clock(walk, "to", value.to);
}

void describe(record_walk& walk, constraint& value) {
    walk.choice("type", value.type);
    walk.choice("severity", value.severity);
    walk.flag_unless("active", value.suspended);
    walk.line("tool", value.tool, bounds::optional_name);
    walk.choice("risk", value.risk);
    walk.choices("modes", value.modes);
    walk.line("persona", value.persona, bounds::optional_name);
    walk.texts("devices", value.devices, most_names, bounds::id);
    walk.texts("roles", value.roles, most_names, bounds::name);
    walk.part("window", value.window);
    walk.text("reason", value.reason, bounds::text);
    walk.rule(has_subject(value), "type", "lacks what a constraint of this type is about");
}

constraint parse_constraint(std::string_view text) {
    constraint parsed;
    auto semicolon = std::min(text.find(';'), text.size());
    auto rest = without_outer_spaces(text.substr(0, semicolon));
    if (auto type = take_type(rest)) {
        parsed.type = *type;
        if (semicolon < text.size()) parsed.reason = without_outer_spaces(text.substr(semicolon + 1));
        if (parse_subject(parsed, rest)) return parsed;
    }
    constraint other;
    other.reason = text;
    return other;
}

ruling evaluate(std::span<const constraint> constraints, const proposed_action& proposed) {
    ruling strictest;
    for (std::size_t i = 0; i < constraints.size(); ++i) {
        const auto& one = constraints[i];
        if (one.suspended || !is_within(one, proposed) || !forbids(one, proposed)) continue;
        if (decision_of(one) <= strictest.decision) continue;
        strictest = {decision_of(one), reason_of(one), i};
    }
    return strictest;
}

} // namespace rejoinder::persistence
