#pragma once

#include "persistence/json.hpp"

#include <memory>
#include <optional>
#include <string>

namespace rejoinder::statemachine::coach {

/// A JSON Schema (draft 7) that values are checked against. Immutable: threads may share it.
class json_schema {
public:
    explicit json_schema(const json& schema);
    json_schema(const json_schema&) = delete;
    json_schema& operator=(const json_schema&) = delete;
    ~json_schema();

    /// What is wrong with a value, and where in it, in one sentence; nothing when it is as the schema says.
    std::optional<std::string> problem_of(const json& value) const;

private:
    struct compiled;
    std::unique_ptr<const compiled> compiled_;
};

} // namespace rejoinder::statemachine::coach
