#include "service/commands/commands.hpp"
#include "statemachine/diagram.hpp"
#include "statemachine/report.hpp"

#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

namespace rejoinder::service::commands {
namespace {

std::optional<std::string> read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return std::nullopt;
    return text.str();
}

statemachine::load_outcome load(const std::string& file) {
    if (auto text = read(file)) return statemachine::load_definition_text(*text);
    statemachine::load_outcome unread;
    unread.problems.push_back({statemachine::problem::severity::error, "", "the file can't be read"});
    return unread;
}

} // namespace

int machine_check(const machine_check_options& options) {
    std::string unsound;
    auto reports = json::array();
    for (const auto& file : options.files) {
        auto loaded = load(file);
        if (!loaded.machine) unsound += (unsound.empty() ? "" : ", ") + file;
        if (options.json)
            reports.push_back(statemachine::describe_json(file, loaded));
        else
            std::fputs(statemachine::describe(file, loaded).c_str(), stdout);
    }
    if (options.json) std::printf("%s\n", to_text(reports).c_str());
    if (unsound.empty()) return 0;
    complain(unsound + ": no server can run this; mend what the report names");
    return 1;
}

int machine_show(const machine_show_options& options) {
    auto loaded = load(options.file);
    if (!loaded.machine) {
        std::fputs(statemachine::describe(options.file, loaded).c_str(), stderr);
        complain(options.file + ": this is no machine that could be drawn; mend what is named above");
        return 1;
    }
    statemachine::snapshot current;
    for (const auto& path : options.states) {
        if (auto problem = statemachine::activate(*loaded.machine, path, current); !problem.empty()) {
            complain("--state: " + problem);
            return 2;
        }
    }
    auto how =
        options.format == "dot" ? statemachine::diagram_format::dot : statemachine::diagram_format::mermaid;
    auto document = parse_ordered_json(*read(options.file), stored_limits).value;
    std::fputs(statemachine::draw(*loaded.machine, document, how, &current).c_str(), stdout);
    return 0;
}

} // namespace rejoinder::service::commands
