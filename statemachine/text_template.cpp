#include "statemachine/text_template.hpp"

#include "statemachine/compilation.hpp"
#include "statemachine/execution.hpp"
#include "statemachine/letters.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace rejoinder::statemachine {
namespace {

constexpr std::string_view spaces = " \t\r\n";

std::string join(const json& array, std::string_view between, std::string_view before_last);

std::string text_of(const json& value) {
    if (value.is_null()) return {};
    if (value.is_string()) return value.get<std::string>();
    if (value.is_array()) return join(value, ", ", ", ");
    if (value.is_number_float()) {
        constexpr double exact_integers = 9007199254740992.0; // 2^53
        auto number = value.get<double>();
        if (std::trunc(number) == number && std::abs(number) < exact_integers)
            return std::to_string(static_cast<long long>(number));
    }
    return to_text(value);
}

std::string join(const json& array, std::string_view between, std::string_view before_last) {
    std::string text;
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i > 0) text += i + 1 == array.size() ? before_last : between;
        text += text_of(array[i]);
    }
    return text;
}

/// What stands behind the first of the phrases that occurs; the whole text when none does.
std::string_view after(std::string_view text, const std::vector<std::string>& phrases) {
    for (const auto& phrase : phrases)
        if (auto rest = behind_phrase(text, phrase)) return trim(*rest, spaces);
    return text;
}

std::size_t count(const json& value) {
    if (value.is_string()) return count_characters(value.get_ref<const std::string&>());
    return value.is_structured() ? value.size() : 0;
}

bool is_empty(const json& value) {
    return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty()) ||
           (value.is_structured() && value.empty());
}

} // namespace

/// Reads one text from left to right; the first thing that is wrong ends it.
class text_template::parser {
public:
    parser(const place& at, compilation& into)
        : at_(at), into_(into), rest_(at->get_ref<const std::string&>()) {}

    text_template parse() {
        text_template made;
        while (!failed_ && !rest_.empty()) {
            auto open = std::min(rest_.find("{{"), rest_.size());
            if (open > 0) made.pieces_.emplace_back(std::string(rest_.substr(0, open)));
            rest_.remove_prefix(open);
            if (!rest_.empty()) made.pieces_.emplace_back(parse_placeholder());
        }
        return made;
    }

private:
    void fail(std::string message) {
        if (!failed_) into_.error(at_, std::move(message));
        failed_ = true;
    }

    void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(spaces), rest_.size())); }

    bool take(std::string_view token) {
        skip_spaces();
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }

    std::string_view take_word() {
        skip_spaces();
        auto word = rest_.substr(0, std::min(rest_.find_first_of(" \t\r\n|:}\""), rest_.size()));
        rest_.remove_prefix(word.size());
        return word;
    }

    placeholder parse_placeholder() {
        take("{{");
        placeholder made;
        auto path = take_word();
        if (auto where = parse_reference(path)) {
            into_.reads(*where);
            made.from = std::move(*where);
        } else {
            fail(not_a_reference(path));
        }
        while (!failed_ && take("|"))
            parse_filter(made.filters);
        if (!take("}}")) fail("a template's '{{' is followed by a path, filters behind '|', and '}}'");
        return made;
    }

    void parse_filter(std::vector<filter>& into) {
        struct known_filter {
            std::string_view name;
            filter_kind what;
            std::size_t fewest, most; // arguments
        };
        static constexpr std::array<known_filter, 8> known{{{"default", filter_kind::default_to, 1, 1},
                                                            {"upper", filter_kind::upper, 0, 0},
                                                            {"lower", filter_kind::lower, 0, 0},
                                                            {"capitalise", filter_kind::capitalise, 0, 0},
                                                            {"trim", filter_kind::trim, 0, 1},
                                                            {"after", filter_kind::after, 1, 64},
                                                            {"count", filter_kind::count, 0, 0},
                                                            {"join", filter_kind::join, 1, 2}}};
        auto name = take_word();
        auto found = std::ranges::find(known, name, &known_filter::name);
        if (found == known.end()) {
            std::vector<std::string_view> names;
            std::ranges::transform(known, std::back_inserter(names), &known_filter::name);
            return fail("there is no filter '" + std::string(name) + "'." + suggest(name, names));
        }
        filter made{found->what, {}};
        if (take(":")) {
            do
                made.arguments.push_back(parse_argument());
            while (!failed_ && take(","));
        }
        if (made.arguments.size() < found->fewest || made.arguments.size() > found->most)
            fail("the filter '" + std::string(name) + "' has the wrong number of arguments");
        into.push_back(std::move(made));
    }

    std::string parse_argument() {
        auto end = take("\"") ? rest_.find('"') : std::string_view::npos;
        if (end == std::string_view::npos) {
            fail("an argument of a filter stands in double quotes");
            return {};
        }
        auto argument = std::string(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        return argument;
    }

    const place& at_;
    compilation& into_;
    std::string_view rest_;
    bool failed_ = false;
};

text_template text_template::compile(const place& at, compilation& into) {
    return parser(at, into).parse();
}

json text_template::apply(const filter& by, const json& to) {
    const auto& arguments = by.arguments;
    switch (by.what) {
    case filter_kind::default_to:
        return is_empty(to) ? json(arguments[0]) : to;
    case filter_kind::upper:
        return to_upper(text_of(to));
    case filter_kind::lower:
        return to_lower(text_of(to));
    case filter_kind::capitalise:
        return capitalise(text_of(to));
    case filter_kind::trim:
        return std::string(trim(text_of(to), std::string(spaces) + (arguments.empty() ? "" : arguments[0])));
    case filter_kind::after:
        return std::string(after(text_of(to), arguments));
    case filter_kind::count:
        return count(to);
    case filter_kind::join:
        return to.is_array() ? json(join(to, arguments[0], arguments.back())) : to;
    }
    return to;
}

std::vector<reference> text_template::reads() const {
    std::vector<reference> found;
    for (const auto& piece : pieces_)
        if (const auto* filled = std::get_if<placeholder>(&piece)) found.push_back(filled->from);
    return found;
}

std::string text_template::render(const execution& in) const {
    std::string text;
    for (const auto& piece : pieces_) {
        if (const auto* literal = std::get_if<std::string>(&piece)) {
            text += *literal;
            continue;
        }
        const auto& hole = std::get<placeholder>(piece);
        auto filled = in.charged(in.read(hole.from));
        for (const auto& filter : hole.filters)
            filled = apply(filter, filled);
        text += text_of(filled);
    }
    in.charge(text.size());
    return text;
}

} // namespace rejoinder::statemachine
