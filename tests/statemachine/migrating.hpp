#pragma once

#include "statemachine/migration.hpp"
#include "tests/statemachine/running_machine.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rejoinder::tests {

/// A machine's document with these members and, where given, steps from older versions.
inline std::string document(int version, const std::string& members, const std::string& migrations = "") {
    return R"({"id": "m", "version": )" + std::to_string(version) + ", " + members +
           (migrations.empty() ? "" : R"(, "migrations": )" + migrations) + "}";
}

/// What the machine becomes in the version of that document, or why it becomes nothing.
inline std::variant<statemachine::migrated_machine, std::string>
take_over(const running_machine& from, const std::string& to,
          std::vector<statemachine::running_actor> actors = {}) {
    auto text = statemachine::serialise(from.machine(), from.now);
    statemachine::former_machine former{from.machine().version(), text, std::move(actors)};
    auto machine = running_machine::load(to);
    auto made = statemachine::migrate(machine, former, from.inputs.now, from.inputs.now);
    // Whatever comes of it can be stored, and stands for the same.
    if (auto* next = std::get_if<statemachine::migrated_machine>(&made)) {
        auto stored = statemachine::serialise(machine, next->next);
        auto again = statemachine::restore(machine, stored);
        REQUIRE(again);
        CHECK(statemachine::serialise(machine, *again) == stored);
    }
    return made;
}

/// The machine goes over, which must be possible, and is run from then on as the newer one.
inline running_machine taken_over(const running_machine& from, const std::string& to) {
    auto made = take_over(from, to);
    if (auto* why = std::get_if<std::string>(&made)) FAIL(*why);
    running_machine now(to);
    now.inputs.now = from.inputs.now;
    now.now = std::get<statemachine::migrated_machine>(std::move(made)).next;
    return now;
}

inline std::string obstacle(const running_machine& from, const std::string& to) {
    auto made = take_over(from, to);
    auto* why = std::get_if<std::string>(&made);
    return why ? *why : "";
}

/// The problems of a document, `pointer: message` each.
inline std::vector<std::string> problems_of(const std::string& text) {
    std::vector<std::string> all;
    for (const auto& one : statemachine::load_definition_text(text).problems)
        all.push_back(one.pointer + ": " + one.message);
    return all;
}

inline std::vector<std::string> timer_ids(const running_machine& of) {
    std::vector<std::string> ids;
    for (const auto& one : of.now.timers)
        ids.push_back(one.id);
    return ids;
}

} // namespace rejoinder::tests
