#include "statemachine/report.hpp"

#include "statemachine/tables.hpp"

namespace rejoinder::statemachine {
namespace {

std::string_view name_of(problem::severity severity) {
    return severity == problem::severity::error ? "error" : "warning";
}

/// The root is the machine and not one of its states.
std::size_t count_states(const definition& machine) {
    return machine.tables().states.size() - 1;
}

std::string counted(std::size_t count, std::string_view noun) {
    return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

} // namespace

std::string describe(std::string_view file, const load_outcome& outcome) {
    std::string text;
    for (const auto& problem : outcome.problems) {
        text += file;
        text += ": ";
        text += name_of(problem.how_bad);
        if (!problem.pointer.empty()) text += " at " + problem.pointer;
        text += ": " + problem.message + '\n';
    }
    if (outcome.machine) {
        const auto& machine = *outcome.machine;
        text += file;
        text += ": machine '" + machine.id() + "' version " + std::to_string(machine.version()) + ", " +
                counted(count_states(machine), "state") + ", " +
                (outcome.problems.empty() ? "no problems" : counted(outcome.problems.size(), "warning")) +
                '\n';
    }
    return text;
}

json describe_json(std::string_view file, const load_outcome& outcome) {
    json report{{"file", file}, {"problems", json::array()}};
    if (outcome.machine)
        report["machine"] = {{"id", outcome.machine->id()},
                             {"version", outcome.machine->version()},
                             {"hash", outcome.machine->hash()},
                             {"states", count_states(*outcome.machine)}};
    for (const auto& problem : outcome.problems)
        report["problems"].push_back({{"severity", name_of(problem.how_bad)},
                                      {"pointer", problem.pointer},
                                      {"message", problem.message}});
    return report;
}

} // namespace rejoinder::statemachine
