#include "service/commands/commands.hpp"
#include "statemachine/report.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

namespace rejoinder::service::commands {

int machine_check(const machine_check_options& options) {
    bool sound = true;
    auto reports = json::array();
    for (const auto& file : options.files) {
        std::ifstream in(file, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        if (!in) {
            complain(file + ": the file can't be read");
            sound = false;
            continue;
        }
        auto loaded = statemachine::load_definition_text(text.str());
        sound = sound && loaded.machine;
        if (options.json)
            reports.push_back(statemachine::describe_json(file, loaded));
        else
            std::fputs(statemachine::describe(file, loaded).c_str(), stdout);
    }
    if (options.json) std::printf("%s\n", to_text(reports).c_str());
    return sound ? 0 : 1;
}

} // namespace rejoinder::service::commands
