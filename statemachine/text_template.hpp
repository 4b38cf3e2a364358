#pragma once

#include "statemachine/place.hpp"
#include "statemachine/reference.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rejoinder::statemachine {

class compilation;
class execution;

/// A text with places to fill: `Hello {{ user.name | default: "there" | capitalise }}!`
/// A place is a dotted path or a JSON Pointer, then filters from left to right, arguments in quotes behind a
/// colon.
///   default: "x"       x when there is no value, or an empty one
///   upper, lower, capitalise
///   trim, trim: ".,"   without surrounding spaces; and without these characters at the ends
///   after: "a", "b"    what stands behind the first of these phrases that occurs, else the whole text
///   count              elements of an array, members of an object, characters of a text
///   join: ", ", " and "    an array's elements in one text; the second argument stands before the last
/// A value that is missing or null leaves nothing; an array is joined by ", ", an object is JSON.
class text_template {
public:
    static text_template compile(const place& at, compilation& into);

    std::string render(const execution& in) const;

    /// What its places are filled from.
    std::vector<reference> reads() const;

private:
    enum class filter_kind { default_to, upper, lower, capitalise, trim, after, count, join };
    struct filter {
        filter_kind what;
        std::vector<std::string> arguments;
    };
    struct placeholder {
        reference from;
        std::vector<filter> filters;
    };

    class parser;
    static json apply(const filter& by, const json& to);

    std::vector<std::variant<std::string, placeholder>> pieces_;
};

} // namespace rejoinder::statemachine
