#pragma once

#include "statemachine/place.hpp"
#include "statemachine/reference.hpp"
#include "statemachine/text_template.hpp"

#include <string>
#include <variant>
#include <vector>

namespace rejoinder::statemachine {

class compilation;
class execution;

/// A value in the parameters of a guard or an action. Anything is a literal but for four forms, at any depth:
/// `{"from": "/event/text"}` is what stands there, a text with `{{` is a template, `{"file": "a.md"}` is the
/// text of a file beside the document, a template as well, and `{"literal": x}` is x as it is.
class value {
public:
    struct member;

    static value compile(const place& at, compilation& into);
    static value of(reference from);

    json evaluate(const execution& in) const;

private:
    using parts = std::vector<member>;
    struct array {
        parts elements; // without names
    };
    struct object {
        parts members;
    };

    std::variant<json, reference, text_template, array, object> form_;
};

struct value::member {
    std::string name;
    value what;
};

} // namespace rejoinder::statemachine
