#include "statemachine/value.hpp"

#include "statemachine/compilation.hpp"
#include "statemachine/execution.hpp"

namespace rejoinder::statemachine {
namespace {

value compile_reference(const place& at, compilation& into) {
    auto where = at->is_string() ? parse_pointer_reference(at->get_ref<const std::string&>()) : std::nullopt;
    if (!where) {
        into.error(at, at->is_string() ? not_a_reference(at->get_ref<const std::string&>())
                                       : "'from' is a JSON Pointer, as \"/event/text\"");
        return value::of({});
    }
    into.reads(*where);
    return value::of(std::move(*where));
}

} // namespace

value value::of(reference from) {
    value made;
    made.form_ = std::move(from);
    return made;
}

value value::compile(const place& at, compilation& into) {
    value made;
    if (at->is_string() && at->get_ref<const std::string&>().find("{{") != std::string::npos) {
        made.form_ = text_template::compile(at, into);
        return made;
    }
    if (at->is_object() && at->size() == 1 && at.has("from"))
        return compile_reference(at.member("from"), into);
    if (at->is_object() && at->size() == 1 && at.has("file")) {
        if (auto file = into.find_file(at.member("file"))) made.form_ = text_template::compile(*file, into);
        return made;
    }
    if (at->is_object() && at->size() == 1 && at.has("literal")) {
        made.form_ = *at.member("literal");
        return made;
    }

    if (at->is_primitive()) {
        made.form_ = *at;
        return made;
    }
    parts found;
    if (at->is_object()) {
        for (const auto& [name, ignored] : at->items())
            found.push_back({name, compile(at.member(name), into)});
        made.form_ = object{std::move(found)};
    } else {
        for (std::size_t i = 0; i < at->size(); ++i)
            found.push_back({{}, compile(at.element(i), into)});
        made.form_ = array{std::move(found)};
    }
    return made;
}

json value::evaluate(const execution& in) const {
    struct {
        const execution& in;

        json operator()(const json& literal) const { return in.charged(literal); }
        json operator()(const reference& from) const { return in.charged(in.read(from)); }
        json operator()(const text_template& text) const { return text.render(in); }
        json operator()(const array& of) const {
            auto made = json::array();
            for (const auto& element : of.elements)
                made.push_back(element.what.evaluate(in));
            return made;
        }
        json operator()(const object& of) const {
            auto made = json::object();
            for (const auto& member : of.members)
                made[member.name] = member.what.evaluate(in);
            return made;
        }
    } evaluator{in};
    return std::visit(evaluator, form_);
}

} // namespace rejoinder::statemachine
