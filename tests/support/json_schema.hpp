#pragma once

#include "persistence/json.hpp"

#include <algorithm>
#include <cstddef>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// The part of JSON Schema that our own documents use, read strictly: a member that is not described is a
/// problem, and a keyword that is not known here throws, so that nothing in a schema goes unchecked.
class json_schema {
public:
    /// `document` holds the schemas that `$ref` names.
    explicit json_schema(const json& document) : document_(document) {}

    std::vector<std::string> check(const json& value, const json& schema) const {
        std::vector<std::string> problems;
        check(value, schema, "", problems);
        return problems;
    }

private:
    using problems = std::vector<std::string>;

    void check(const json& value, const json& schema, const std::string& at, problems& out) const {
        if (auto ref = schema.find("$ref"); ref != schema.end()) {
            check(value, document_.at(json::json_pointer(ref->get<std::string>().substr(1))), at, out);
            return;
        }
        auto complain = [&](const std::string& what) {
            out.push_back((at.empty() ? "/" : at) + ": " + what);
        };
        for (const auto& [keyword, wanted] : schema.items()) {
            if (keyword == "description" || keyword == "items") continue;
            if (keyword == "type") {
                if (!is_of_type(value, wanted)) complain("is no " + wanted.get<std::string>());
            } else if (keyword == "const") {
                if (value != wanted) complain("is not " + wanted.dump());
            } else if (keyword == "enum") {
                if (std::find(wanted.begin(), wanted.end(), value) == wanted.end())
                    complain("is none of " + wanted.dump());
            } else if (keyword == "required") {
                for (const auto& name : wanted)
                    if (!value.contains(name.get<std::string>())) complain("lacks " + name.dump());
            } else if (keyword == "properties") {
                check_members(value, wanted, at, out);
            } else if (keyword == "minLength") {
                if (value.is_string() && value.get<std::string>().size() < wanted) complain("is too short");
            } else if (keyword == "maxLength") {
                if (value.is_string() && value.get<std::string>().size() > wanted) complain("is too long");
            } else if (keyword == "minimum") {
                if (value.is_number() && value < wanted) complain("is too small");
            } else if (keyword == "pattern") {
                if (value.is_string() &&
                    !std::regex_search(value.get<std::string>(), std::regex(wanted.get<std::string>())))
                    complain("does not match " + wanted.dump());
            } else if (keyword == "oneOf") {
                int fitting = 0;
                for (const auto& one : wanted)
                    fitting += json_schema(document_).check(value, one).empty() ? 1 : 0;
                if (fitting != 1) complain("fits " + std::to_string(fitting) + " of one");
            } else {
                throw std::logic_error("the keyword '" + keyword + "' is not known");
            }
        }
        if (auto items = schema.find("items"); items != schema.end() && value.is_array())
            for (std::size_t i = 0; i < value.size(); ++i)
                check(value[i], *items, at + "/" + std::to_string(i), out);
    }

    void check_members(const json& value, const json& described, const std::string& at, problems& out) const {
        if (!value.is_object()) return;
        for (const auto& [name, member] : value.items()) {
            auto found = described.find(name);
            if (found == described.end())
                out.push_back(at + "/" + name + ": is not described");
            else
                check(member, *found, at + "/" + name, out);
        }
    }

    static bool is_of_type(const json& value, const std::string& type) {
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "string") return value.is_string();
        if (type == "integer") return value.is_number_integer();
        if (type == "boolean") return value.is_boolean();
        throw std::logic_error("the type '" + type + "' is not known");
    }

    const json& document_;
};

} // namespace rejoinder::tests
