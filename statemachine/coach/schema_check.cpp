#include "statemachine/coach/schema_check.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace rejoinder::statemachine::coach {

struct json_schema::compiled {
    valijson::Schema schema;
};

json_schema::json_schema(const json& schema) {
    auto made = std::make_unique<compiled>();
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema), made->schema);
    compiled_ = std::move(made);
}

json_schema::~json_schema() = default;

std::optional<std::string> json_schema::problem_of(const json& value) const {
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(compiled_->schema, valijson::adapters::NlohmannJsonAdapter(value), &results))
        return std::nullopt;
    valijson::ValidationResults::Error error;
    if (!results.popError(error)) return "The value is not as the schema says.";
    std::string place;
    for (const auto& step : error.context)
        place += step;
    return place + ": " + error.description;
}

} // namespace rejoinder::statemachine::coach
