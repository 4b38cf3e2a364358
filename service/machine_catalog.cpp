#include "service/machine_catalog.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rejoinder::service {

bool machine_catalog::add(statemachine::definition machine, ordered_json document) {
    auto id = machine.id();
    if (!machines_.emplace(id, std::move(machine)).second) return false;
    if (!document.is_null()) documents_.emplace(std::move(id), std::move(document));
    return true;
}

ordered_json machine_catalog::document_of(std::string_view id) const {
    auto found = documents_.find(id);
    return found == documents_.end() ? ordered_json() : found->second;
}

const statemachine::definition* machine_catalog::find(std::string_view id) const {
    auto found = machines_.find(id);
    return found == machines_.end() ? nullptr : &found->second;
}

std::vector<std::string> machine_catalog::ids() const {
    std::vector<std::string> ids;
    ids.reserve(machines_.size());
    for (const auto& [id, machine] : machines_)
        ids.push_back(id);
    return ids;
}

machine_catalog load_machines(const std::string& folder, std::vector<std::string>& problems) {
    namespace fs = std::filesystem;
    machine_catalog catalog;
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    if (error) {
        problems.push_back(folder + ": the folder of machines can't be read: " + error.message());
        return catalog;
    }
    std::ranges::sort(files);

    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        if (!in) {
            problems.push_back(file.string() + ": the file can't be read");
            continue;
        }
        auto loaded = statemachine::load_definition_text(text.str());
        for (const auto& p : loaded.problems) {
            if (p.how_bad != statemachine::problem::severity::error) continue;
            problems.push_back(file.string() + ": " + (p.pointer.empty() ? "/" : p.pointer) + ": " +
                               p.message);
        }
        if (loaded.machine &&
            !catalog.add(*loaded.machine, parse_ordered_json(text.str(), stored_limits).value))
            problems.push_back(file.string() + ": another file has a machine with the id '" +
                               loaded.machine->id() + "'");
    }
    if (files.empty()) problems.push_back(folder + ": there is no machine (*.json) in the folder");
    return catalog;
}

} // namespace rejoinder::service
