#include "statemachine/definition.hpp"

#include "statemachine/compile.hpp"
#include "statemachine/registry.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine {

definition::definition(std::shared_ptr<const compiled_machine> tables) : tables_(std::move(tables)) {}

const std::string& definition::id() const noexcept {
    return tables_->id;
}
std::int64_t definition::version() const noexcept {
    return tables_->version;
}
const std::string& definition::hash() const noexcept {
    return tables_->hash;
}
takeover definition::takeover() const noexcept {
    return tables_->takeover;
}

migration_policy definition::migration() const noexcept {
    return tables_->migrating;
}

const json& definition::meta() const noexcept {
    return tables_->meta;
}
std::span<const std::string> definition::outside_paths() const noexcept {
    return tables_->outside_paths;
}

bool definition::asks_responder() const noexcept {
    return std::ranges::any_of(tables_->states, [](const state& one) {
        return std::ranges::find(one.invokes, answering_actor, &invocation::source) != one.invokes.end();
    });
}

std::string_view definition::match_intent(std::string_view text) const {
    return tables_->match_intent(text);
}

load_outcome load_definition(const ordered_json& document) {
    compilation work;
    compile_machine(document, work);
    load_outcome outcome;
    if (!work.has_errors())
        outcome.machine.emplace(std::make_shared<const compiled_machine>(std::move(work.machine)));
    outcome.problems = std::move(work.problems);
    return outcome;
}

load_outcome load_definition_text(std::string_view text) {
    auto parsed = parse_ordered_json(text, document_limits);
    if (!parsed.error) return load_definition(parsed.value);
    auto where = " (byte " + std::to_string(parsed.error->offset) + ")";
    return {std::nullopt, {{problem::severity::error, {}, parsed.error->message + where}}};
}

} // namespace rejoinder::statemachine
