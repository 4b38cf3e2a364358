#include "service/commands/commands.hpp"
#include "statemachine/report.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

namespace rejoinder::service::commands {
namespace {

statemachine::load_outcome load(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (in) return statemachine::load_definition_text(text.str());
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

} // namespace rejoinder::service::commands
